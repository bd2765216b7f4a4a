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

// One stretch of an embedding: a statistic over time of a stage. `pooled` and `mos` have no time, hence no
// statistic.
struct EmbeddingPart {
  Stage stage = Stage::pooled;
  std::int64_t layer = 0;  // of Stage::layer, from 1
  Statistic statistic = Statistic::mean;
  // Only over the tokens that hold audio (DistillMosConfig::valid_tokens), or over all 384, padding included.
  bool valid_only = true;

  bool operator==(const EmbeddingPart&) const = default;
};

// Which numbers make a window's embedding, and in which order. In writing, parts joined by "+":
//   mos | pooled | STAGE.STATISTIC[.all]   STAGE = convolved, projected, layer1 …, normalised; STATISTIC =
//   mean, std
// e.g. "layer6.mean+layer6.std+pooled". ".all" takes the padding in. The standard deviation divides by the
// count.
struct EmbeddingLayout {
  std::vector<EmbeddingPart> parts;

  // Throws InvalidInput that names the part it cannot read.
  static EmbeddingLayout parse(std::string_view text);
  std::string to_string() const;
  // Throws InvalidInput where the network has no such layer, or there are no parts.
  void validate(const DistillMosConfig& config) const;
  std::int64_t dimension(const DistillMosConfig& config) const;

  bool operator==(const EmbeddingLayout&) const = default;
};

// valid_samples: [n] of each window, 1 to 122880. Returns float32 [n, dimension]. Differentiable.
// Throws InvalidInput where valid_samples does not fit the batch.
at::Tensor embed(const EmbeddingLayout& layout, const DistillMosConfig& config,
                 const DistillMosOutput& output, const std::vector<std::int64_t>& valid_samples);

}  // namespace qamro::encoders::distillmos
