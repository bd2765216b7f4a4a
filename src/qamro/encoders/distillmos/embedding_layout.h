#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/encoders/distillmos/config.h"
#include "qamro/encoders/distillmos/module.h"

namespace qamro::encoders::distillmos {

enum class Stage { convolved, projected, layer, normalised, pooled, mos };
enum class Statistic { mean, std };

// One part of an embedding: a stage's statistic over time. `pooled` and `mos` have no time axis and therefore
// no statistic.
struct EmbeddingPart {
  Stage stage = Stage::pooled;
  std::int64_t layer = 0;  // of Stage::layer, from 1
  Statistic statistic = Statistic::mean;
  // True: over the tokens that hold audio (DistillMosConfig::valid_tokens). False: over all 384,
  // padding included.
  bool valid_only = true;

  bool operator==(const EmbeddingPart&) const = default;
};

// Which numbers make up a window's embedding, and in which order. As text, the parts are joined by "+":
//   mos | pooled | STAGE.STATISTIC[.all]   STAGE = convolved, projected, layer1 …, normalised; STATISTIC =
//   mean, std
// e.g. "layer6.mean+layer6.std+pooled". ".all" includes the padding. The standard deviation divides by
// the count.
struct EmbeddingLayout {
  std::vector<EmbeddingPart> parts;

  // Throws InvalidInput that names the part it cannot read.
  static EmbeddingLayout parse(std::string_view text);
  std::string to_string() const;
  // Throws InvalidInput if the network lacks a layer, or if there are no parts.
  void validate(const DistillMosConfig& config) const;
  std::int64_t dimension(const DistillMosConfig& config) const;

  bool operator==(const EmbeddingLayout&) const = default;
};

// valid_samples: [n], one number per window, 0 to 122880. Returns float32 [n, dimension]. Differentiable.
// Throws InvalidInput if valid_samples does not fit the batch, or the layout the network.
at::Tensor embed(const EmbeddingLayout& layout, const DistillMosConfig& config,
                 const DistillMosOutput& output, const std::vector<std::int64_t>& valid_samples);

}  // namespace qamro::encoders::distillmos
