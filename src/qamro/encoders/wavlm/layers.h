#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <span>
#include <vector>

#include "qamro/encoders/wavlm/config.h"
#include "qamro/nn/layers.h"

namespace qamro::encoders::wavlm {

// The dropout of one training step, with one stream of random numbers per window. What is dropped in a window
// depends on its seed alone, not on the windows beside it; the same seed drops the same again. Without seeds
// nothing is dropped.
class Dropout {
 public:
  Dropout() = default;
  explicit Dropout(std::span<const std::uint64_t> seeds);  // one per window

  // values: [n, …]. Each becomes 0 with probability `rate`; the others grow by 1 / (1 - rate).
  at::Tensor operator()(const at::Tensor& values, double rate);
  // Which windows leave a layer out: bool [n], or undefined if none can.
  at::Tensor left_out(double rate);

 private:
  std::vector<at::Generator> streams_;
};

using nn::Norm;
using nn::Projection;

// `MultiheadAttention` of wavlm.py: self-attention with a bias by distance that each query scales for itself.
class GatedAttentionImpl : public torch::nn::Module {
 public:
  // has_bias: for the first layer, which holds the bias that all layers share.
  GatedAttentionImpl(const WavLmConfig& config, bool has_bias);

  // frames: [n, frames, dim]; bias: [heads, frames, frames]; padding: bool [n, frames], true where there is
  // no key (undefined: every frame is a key). Returns [n, frames, dim].
  at::Tensor forward(const at::Tensor& frames, const at::Tensor& bias, const at::Tensor& padding,
                     Dropout& dropout) const;
  // How each query scales the bias, [n, heads, frames, 1].
  at::Tensor gate(const at::Tensor& frames) const;

  at::Tensor relative_attention_bias;  // [buckets, heads]; defined only in the first layer
  at::Tensor grep_a;                   // [1, heads, 1, 1]
  Projection grep_linear;              // [8, dim / heads]
  Projection k_proj, v_proj, q_proj, out_proj;

 private:
  at::Tensor split_heads(const at::Tensor& frames) const;

  std::int64_t heads_;
  double dropout_;
};
TORCH_MODULE(GatedAttention);

// `TransformerSentenceEncoderLayer` with layer_norm_first = False: normalisation after the residual
// sum, GELU.
class TransformerLayerImpl : public torch::nn::Module {
 public:
  TransformerLayerImpl(const WavLmConfig& config, bool has_bias);
  // As GatedAttentionImpl::forward.
  at::Tensor forward(const at::Tensor& frames, const at::Tensor& bias, const at::Tensor& padding,
                     Dropout& dropout) const;

  GatedAttention self_attn;
  Norm self_attn_layer_norm;
  Projection fc1, fc2;
  Norm final_layer_norm;

 private:
  at::Tensor feed_forward(const at::Tensor& frames, Dropout& dropout) const;

  double dropout_, activation_dropout_;
};
TORCH_MODULE(TransformerLayer);

}  // namespace qamro::encoders::wavlm
