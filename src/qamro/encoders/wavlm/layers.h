#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>

#include "qamro/encoders/wavlm/config.h"
#include "qamro/encoders/wavlm/dropout.h"

namespace qamro::encoders::wavlm {

// The layers hold memory that nothing has been written to: a network of 94 million parameters is always
// loaded, and drawing initial values for it would take longer than that.

// torch.nn.Linear.
class ProjectionImpl : public torch::nn::Module {
 public:
  ProjectionImpl(std::int64_t input_dim, std::int64_t output_dim);
  at::Tensor forward(const at::Tensor& input) const;

  at::Tensor weight, bias;  // [output_dim, input_dim], [output_dim]
};
TORCH_MODULE(Projection);

// torch.nn.LayerNorm over the last dimension; GroupNorm's parameters, too.
class NormImpl : public torch::nn::Module {
 public:
  explicit NormImpl(std::int64_t dim);
  at::Tensor forward(const at::Tensor& input) const;

  at::Tensor weight, bias;  // [dim]
};
TORCH_MODULE(Norm);

// `MultiheadAttention` of wavlm.py: self-attention with a bias by distance that each query scales for itself.
class GatedAttentionImpl : public torch::nn::Module {
 public:
  // The first layer's holds the bias that all layers share.
  GatedAttentionImpl(const WavLmConfig& config, bool has_bias);

  // frames: [n, frames, dim]; bias: [heads, frames, frames]; padding: bool [n, frames], true where no key is
  // (undefined: everywhere is one). Returns [n, frames, dim].
  at::Tensor forward(const at::Tensor& frames, const at::Tensor& bias, const at::Tensor& padding,
                     Dropout& dropout) const;
  // How each query scales the bias, [n, heads, frames, 1].
  at::Tensor gate(const at::Tensor& frames) const;

  at::Tensor relative_attention_bias;  // [buckets, heads]; undefined but in the first layer
  at::Tensor grep_a;                   // [1, heads, 1, 1]
  Projection grep_linear;              // [8, dim / heads]
  Projection k_proj, v_proj, q_proj, out_proj;

 private:
  at::Tensor split_heads(const at::Tensor& frames) const;

  std::int64_t heads_;
  double dropout_;
};
TORCH_MODULE(GatedAttention);

// `TransformerSentenceEncoderLayer` with layer_norm_first = False: normalisation behind the residual sum,
// GELU.
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
