#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/encoders/wavlm/packed_front_end.h"
#include "qamro/encoders/wavlm/packed_transformer.h"
#include "qamro/nn/arithmetic.h"

namespace qamro::encoders::wavlm {

// WavLmModule for fast inference on the CPU: the same results, up to fp32 rounding (or what `arithmetic` adds
// to it).
//
// Windows are computed one by one. A window's output has the same bits whatever the other windows, whatever
// was computed before, and whatever the number of intra-op threads. Thread-safe. For the most windows per
// second, call it from as many threads as there are cores, with at::set_num_threads(1); for the least time
// per window, from one thread with at::set_num_threads(cores).
class PackedWavLm {
 public:
  // Copies the module as it is now, as in eval(); later changes to its parameters do not reach the copy.
  // Calls `packed`, from several threads, with each parameter of the Transformer's layers as soon as it is
  // copied, so that callers who no longer need the module can give its memory back (io::release_pages).
  explicit PackedWavLm(const WavLmModule& module, const nn::Arithmetic& arithmetic = {},
                       const std::function<void(const at::Tensor&)>& packed = {});

  // The mean of every layer over the window's frames, [layers + 1, dim], as in pool_layers. samples: float32,
  // [1 to window_samples], all valid, 16 kHz, nominally [-1, 1]; the window counts as continued with zeros.
  // No autograd. Throws InvalidInput for another shape or type.
  at::Tensor pooled_layers(const at::Tensor& samples) const;
  // The same; also writes every stage, as a batch of one window, to `stages`.
  at::Tensor pooled_layers(const at::Tensor& samples, WavLmOutput& stages) const;

  const WavLmConfig& config() const { return config_; }

 private:
  at::Tensor run(const at::Tensor& samples, WavLmOutput* stages) const;

  WavLmConfig config_;
  PackedFrontEnd front_end_;
  PackedTransformer transformer_;
};

}  // namespace qamro::encoders::wavlm
