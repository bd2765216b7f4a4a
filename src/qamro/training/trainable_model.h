#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "qamro/core/random.h"
#include "qamro/io/state_dict.h"

namespace qamro::training {

// A model whose scores of clips can be trained. Clips are numbers with the same meaning for the model and
// the examples.
//
// A clip's scores depend only on that clip, the parameters and its dropout masks, never on the other clips of
// a call. So a batch can be computed in parts (gradient_cache.h).
class TrainableModel {
 public:
  virtual ~TrainableModel() = default;

  // By name: leaves that take gradients. Permanently frozen parameters are left out.
  virtual io::StateDict named_parameters() const = 0;
  // How many blocks of layers lie between a parameter and the scores: 0 for the last block. Layer-wise
  // learning rates shrink with this number.
  virtual std::int64_t depth_of(const std::string& parameter) const = 0;

  // The dropout masks of one step over `clips` clips, each [clips, …]; a tensor may be undefined.
  virtual std::vector<at::Tensor> draw_dropout(std::int64_t clips, Random& random) const = 0;
  // Scores [clips, axes] float32 in the training scale. `dropout`: the masks drawn for these clips; if empty,
  // nothing is dropped.
  virtual at::Tensor forward(std::span<const std::int64_t> clips, const std::vector<at::Tensor>& dropout) = 0;
};

}  // namespace qamro::training
