#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/nn/arithmetic.h"
#include "qamro/nn/inference_layers.h"

namespace qamro::encoders::wavlm {

// From samples to projected frames, for inference. Thread-safe.
//
// The frames are computed in blocks of half a second, each from the samples that it sees, so that the results
// between two convolutions stay in cache. This requires the first normalisation's statistics beforehand.
// Since the first convolution is linear, its outputs' mean and variance follow from the mean and covariance
// of the patches of samples that it sees (10 numbers and their 55 products as published), and the
// normalisation becomes part of its weight.
class PackedFrontEnd {
 public:
  static constexpr std::int64_t kBlockFrames = 25;

  PackedFrontEnd(const WavLmModule& module, const nn::Arithmetic& arithmetic);

  struct Output {
    at::Tensor convolved;  // float32 [valid frames, channels]
    at::Tensor projected;  // float32 [valid frames, dim]
  };
  // samples: float32 [1 to window_samples], all valid, at 16 kHz.
  Output forward(const at::Tensor& samples) const;

 private:
  nn::InferenceConvolution normalised_first(const at::Tensor& samples) const;
  void compute_block(const nn::InferenceConvolution& first, const at::Tensor& samples, const Output& output,
                     std::int64_t block) const;

  WavLmConfig config_;
  nn::Arithmetic arithmetic_;
  at::Tensor first_weight_, first_scale_, first_shift_;  // float64: [channels, kernel], [channels] each
  std::vector<nn::InferenceConvolution> convolutions_;   // from the second on
  nn::InferenceNorm norm_;
  nn::InferenceLinear projection_;
};

// From projected frames to the pooled layers, for inference. Thread-safe.
//
// A window's frames are rows, split into tasks for the available threads. A row's bits do not depend on the
// split, and means over frames are added up in blocks that do not depend on it either.
class PackedTransformer {
 public:
  // packed: as in PackedWavLm.
  PackedTransformer(const WavLmModule& module, const nn::Arithmetic& arithmetic,
                    const std::function<void(const at::Tensor&)>& packed);

  // projected: float32 [frames, dim]. Returns the mean of each layer over the frames, [layers + 1, dim], and
  // adds each layer, [1, frames, dim], to `layers` unless it is null.
  at::Tensor forward(const at::Tensor& projected, std::vector<at::Tensor>* layers) const;

 private:
  struct Layer {
    // Maps to [3 dim + 2 heads]: queries (already scaled), keys, values, and the arguments of the
    // gates' sigmoids.
    nn::InferenceLinear attention_input;
    nn::InferenceLinear output, expand, contract;
    nn::InferenceNorm attention_norm, final_norm;
    at::Tensor gate_scale;  // [heads]
  };
  // What a window's tasks read and write. Each tensor holds all rows.
  struct State;

  Layer pack(const TransformerLayerImpl& layer) const;
  at::Tensor add_position(const at::Tensor& projected) const;
  void begin(const Layer& layer, State& state, std::int64_t first, const at::Tensor& rows) const;
  void attend(State& state, std::int64_t head) const;
  at::Tensor finish(const Layer& layer, State& state, std::int64_t first, std::int64_t count) const;

  WavLmConfig config_;
  nn::Arithmetic arithmetic_;
  nn::LongConvolution position_;
  at::Tensor position_bias_;  // [dim], of the convolution
  nn::InferenceNorm encoder_norm_;
  at::Tensor relative_attention_bias_;  // [buckets, heads]
  std::vector<Layer> layers_;
};

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
