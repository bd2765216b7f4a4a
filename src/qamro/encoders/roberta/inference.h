#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "qamro/encoders/roberta/module.h"

namespace qamro::encoders::roberta {

// RobertaModule for inference on the CPU, one text at a time, with the same results up to rounding. torch's
// intra-op threads read its parameters in place, each once per text. A text's bits do not depend on the
// number of threads. Thread-safe: for the most texts per second, call it from as many threads as there are
// cores, with at::set_num_threads(1).
class InferenceRoberta {
 public:
  explicit InferenceRoberta(std::shared_ptr<const RobertaModule> module) : module_(std::move(module)) {}

  // tokens: of one text. Like RobertaModule::forward for that text: [tokens, dim] per layer, [1, dim] pooled.
  // Throws the same.
  RobertaOutput forward(std::span<const std::int64_t> tokens) const;

 private:
  std::shared_ptr<const RobertaModule> module_;
};

}  // namespace qamro::encoders::roberta
