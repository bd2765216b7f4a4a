#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "qamro/encoders/roberta/module.h"

namespace qamro::encoders::roberta {

// RobertaModule for inference on the CPU, the same results up to rounding, a text at a time: its parameters
// as they lie, each read once a text, by torch's intra-op threads. A text's bits do not depend on how many
// there are. Thread-safe: for most texts a second, call it from as many threads as there are cores, with
// at::set_num_threads(1).
class InferenceRoberta {
 public:
  explicit InferenceRoberta(std::shared_ptr<const RobertaModule> module) : module_(std::move(module)) {}

  // tokens: of one text. As RobertaModule::forward of that text, [tokens, dim] a layer, [1, dim] pooled, and
  // it throws the same.
  RobertaOutput forward(std::span<const std::int64_t> tokens) const;

 private:
  std::shared_ptr<const RobertaModule> module_;
};

}  // namespace qamro::encoders::roberta
