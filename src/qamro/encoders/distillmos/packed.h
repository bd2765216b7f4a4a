#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include "qamro/encoders/distillmos/module.h"
#include "qamro/encoders/distillmos/packed_front_end.h"
#include "qamro/encoders/distillmos/packed_transformer.h"
#include "qamro/nn/arithmetic.h"

namespace qamro::encoders::distillmos {

// DistillMosModule for fast inference on the CPU: the same results, up to fp32 rounding (or bf16's).
//
// Windows are computed one by one. A window's output has the same bits whatever the other windows, whatever
// was computed before, and whatever the number of intra-op threads. Thread-safe. For the most windows per
// second, call it from as many threads as there are cores, with at::set_num_threads(1); for the least time
// per window, from one thread with at::set_num_threads(cores).
class PackedDistillMos {
 public:
  // Copies the module as it is now, as in eval(); later changes to its parameters do not reach the copy.
  explicit PackedDistillMos(DistillMosModule& module, const nn::Arithmetic& arithmetic = {});

  // windows: as in DistillMosModule::forward. No autograd. Throws InvalidInput for another shape or type.
  DistillMosOutput forward(const at::Tensor& windows) const;

  const DistillMosConfig& config() const { return config_; }

 private:
  DistillMosConfig config_;
  PackedFrontEnd front_end_;
  PackedTransformer transformer_;
};

// One window, [1, 122880]: at most 122880 samples at 16 kHz, zero-padded. Throws InvalidInput for more.
at::Tensor pad_to_window(std::span<const float> samples);

}  // namespace qamro::encoders::distillmos
