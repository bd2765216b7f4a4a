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
// Windows are computed one by one, so that a window's output has the same bits whatever windows are beside
// it, whatever was computed before, and however many intra-op threads there are. Thread-safe: for most
// windows a second, call it from as many threads as there are cores, with at::set_num_threads(1); for the
// least time a window, from one thread with at::set_num_threads(cores).
class PackedWavLm {
 public:
  // Takes the module as it is now, as in eval(); later changes to its parameters do not reach the packed
  // copy. `packed` is called, from several threads, with each of the Transformer's parameters as soon as its
  // copy is made: whoever needs the module no longer can give memory back (io::release_pages).
  explicit PackedWavLm(const WavLmModule& module, const nn::Arithmetic& arithmetic = {},
                       const std::function<void(const at::Tensor&)>& packed = {});

  // The mean over the window's frames of every layer, [layers + 1, dim], as pool_layers. samples: float32,
  // [1 to window_samples], all valid, 16 kHz, nominally [-1, 1]; the window is taken as continued by zeros.
  // No autograd. Throws InvalidInput for another shape or type.
  at::Tensor pooled_layers(const at::Tensor& samples) const;
  // The same, with every stage of a batch of one window in `stages`.
  at::Tensor pooled_layers(const at::Tensor& samples, WavLmOutput& stages) const;

  const WavLmConfig& config() const { return config_; }

 private:
  at::Tensor run(const at::Tensor& samples, WavLmOutput* stages) const;

  WavLmConfig config_;
  PackedFrontEnd front_end_;
  PackedTransformer transformer_;
};

}  // namespace qamro::encoders::wavlm
