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
// Windows are computed one by one, so that a window's output has the same bits whatever windows are beside
// it, whatever was computed before, and however many intra-op threads there are. Thread-safe: for most
// windows a second, call it from as many threads as there are cores, with at::set_num_threads(1); for the
// least time a window, from one thread with at::set_num_threads(cores).
class PackedDistillMos {
 public:
  // Takes the module as it is now, as in eval(); later changes to its parameters do not reach the packed
  // copy.
  explicit PackedDistillMos(DistillMosModule& module, const nn::Arithmetic& arithmetic = {});

  // windows as DistillMosModule::forward takes them. No autograd. Throws InvalidInput for another shape or
  // type.
  DistillMosOutput forward(const at::Tensor& windows) const;

  const DistillMosConfig& config() const { return config_; }

 private:
  DistillMosConfig config_;
  PackedFrontEnd front_end_;
  PackedTransformer transformer_;
};

// One window, [1, 122880], of at most that many samples at 16 kHz, zero-padded. Throws InvalidInput for more.
at::Tensor pad_to_window(std::span<const float> samples);

}  // namespace qamro::encoders::distillmos
