#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <vector>

#include "qamro/encoders/htsat/module.h"
#include "qamro/encoders/htsat/packed_swin.h"
#include "qamro/nn/arithmetic.h"

namespace qamro::encoders::htsat {

// HtsatModule for inference on the CPU; in fp32 the same results up to rounding. Windows are computed one
// by one, so a window's output has the same bits whatever the other windows and the number of intra-op
// threads. Thread-safe: for the most windows per second, call it from as many threads as there are cores,
// with at::set_num_threads(1).
class PackedHtsat {
 public:
  // Copies the stages' parameters as they are now, and keeps the module for what comes before and after them.
  // Calls `packed`, from several threads, with each parameter of the stages as soon as it is copied, so that
  // callers who no longer need it can give its memory back (io::release_pages).
  explicit PackedHtsat(std::shared_ptr<const HtsatModule> module, const nn::Arithmetic& arithmetic = {},
                       const std::function<void(const at::Tensor&)>& packed = {});

  // As HtsatModule::forward for a batch of one window: float32 [1, 480000], 48 kHz. No autograd. Throws
  // InvalidInput for another shape or type.
  HtsatOutput forward(const at::Tensor& window) const;

 private:
  std::shared_ptr<const HtsatModule> module_;
  std::vector<PackedSwinStage> stages_;
};

}  // namespace qamro::encoders::htsat
