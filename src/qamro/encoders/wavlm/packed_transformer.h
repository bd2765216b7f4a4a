#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/nn/inference_linear.h"
#include "qamro/nn/inference_norm.h"
#include "qamro/nn/long_convolution.h"

namespace qamro::encoders::wavlm {

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

}  // namespace qamro::encoders::wavlm
