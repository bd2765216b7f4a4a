#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "qamro/core/random.h"
#include "qamro/io/state_dict.h"

namespace qamro::training {

// Something whose scores of clips can be trained. Clips are numbers that the model and the examples agree on.
//
// A clip's scores depend on that clip, the parameters and its dropout masks alone, never on the other clips
// of a call: that is what lets a batch be computed in parts (gradient_cache.h).
class TrainableModel {
 public:
  virtual ~TrainableModel() = default;

  // By name: leaves that take gradients. What is frozen for good is not among them.
  virtual io::StateDict named_parameters() const = 0;
  // How many blocks of layers lie between a parameter and the scores: 0 for the last block. Layer-wise
  // learning rates shrink with it.
  virtual std::int64_t depth_of(const std::string& parameter) const = 0;

  // The dropout masks of one step over so many clips, each [clips, …]; a tensor may be undefined.
  virtual std::vector<at::Tensor> draw_dropout(std::int64_t clips, Random& random) const = 0;
  // Scores [clips, axes] float32 in the training scale. `dropout` as drawn for these clips; empty: nothing is
  // dropped.
  virtual at::Tensor forward(std::span<const std::int64_t> clips, const std::vector<at::Tensor>& dropout) = 0;
};

}  // namespace qamro::training
