#include "qamro/encoders/wavlm/layers.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

namespace qamro::encoders::wavlm {

ProjectionImpl::ProjectionImpl(std::int64_t input_dim, std::int64_t output_dim)
    : weight(register_parameter("weight", at::empty({output_dim, input_dim}))),
      bias(register_parameter("bias", at::empty({output_dim}))) {}

at::Tensor ProjectionImpl::forward(const at::Tensor& input) const {
  return at::linear(input, weight, bias);
}

NormImpl::NormImpl(std::int64_t dim)
    : weight(register_parameter("weight", at::empty({dim}))),
      bias(register_parameter("bias", at::empty({dim}))) {}

at::Tensor NormImpl::forward(const at::Tensor& input) const {
  return at::layer_norm(input, weight.sizes(), weight, bias, WavLmConfig::kNormEpsilon);
}

GatedAttentionImpl::GatedAttentionImpl(const WavLmConfig& config, bool has_bias)
    : grep_a(register_parameter("grep_a", at::empty({1, config.heads, 1, 1}))),
      grep_linear(register_module("grep_linear", Projection(config.dim / config.heads, 8))),
      k_proj(register_module("k_proj", Projection(config.dim, config.dim))),
      v_proj(register_module("v_proj", Projection(config.dim, config.dim))),
      q_proj(register_module("q_proj", Projection(config.dim, config.dim))),
      out_proj(register_module("out_proj", Projection(config.dim, config.dim))),
      heads_(config.heads),
      dropout_(config.attention_dropout) {
  if (has_bias)
    relative_attention_bias =
        register_module("relative_attention_bias", std::make_shared<torch::nn::Module>())
            ->register_parameter("weight", at::empty({config.buckets, config.heads}));
}

// [n, frames, dim] -> [n, heads, frames, dim / heads]
at::Tensor GatedAttentionImpl::split_heads(const at::Tensor& frames) const {
  return frames.unflatten(2, {heads_, -1}).transpose(1, 2);
}

at::Tensor GatedAttentionImpl::gate(const at::Tensor& frames) const {
  const at::Tensor gates =
      at::sigmoid(grep_linear->forward(split_heads(frames)).unflatten(-1, {2, 4}).sum(-1));
  const at::Tensor update = gates.narrow(-1, 0, 1), reset = gates.narrow(-1, 1, 1);
  return update * (reset * grep_a - 1.0) + 2.0;
}

at::Tensor GatedAttentionImpl::forward(const at::Tensor& frames, const at::Tensor& bias,
                                       const at::Tensor& padding, Dropout& dropout) const {
  const at::Tensor query = split_heads(q_proj->forward(frames)), key = split_heads(k_proj->forward(frames));
  const double scale = 1.0 / std::sqrt(static_cast<double>(query.size(-1)));
  at::Tensor scores = at::matmul(query * scale, key.transpose(-1, -2)) + gate(frames) * bias;
  if (padding.defined())
    scores = scores.masked_fill(padding.unsqueeze(1).unsqueeze(1), -std::numeric_limits<double>::infinity());
  const at::Tensor weights = dropout(at::softmax(scores, -1), dropout_);
  const at::Tensor mixed = at::matmul(weights, split_heads(v_proj->forward(frames)));
  return out_proj->forward(mixed.transpose(1, 2).flatten(2));
}

TransformerLayerImpl::TransformerLayerImpl(const WavLmConfig& config, bool has_bias)
    : self_attn(register_module("self_attn", GatedAttention(config, has_bias))),
      self_attn_layer_norm(register_module("self_attn_layer_norm", Norm(config.dim))),
      fc1(register_module("fc1", Projection(config.dim, config.feed_forward))),
      fc2(register_module("fc2", Projection(config.feed_forward, config.dim))),
      final_layer_norm(register_module("final_layer_norm", Norm(config.dim))),
      dropout_(config.dropout),
      activation_dropout_(config.activation_dropout) {}

at::Tensor TransformerLayerImpl::feed_forward(const at::Tensor& frames, Dropout& dropout) const {
  const at::Tensor inner = dropout(at::gelu(fc1->forward(frames)), activation_dropout_);
  return dropout(fc2->forward(inner), dropout_);
}

at::Tensor TransformerLayerImpl::forward(const at::Tensor& frames, const at::Tensor& bias,
                                         const at::Tensor& padding, Dropout& dropout) const {
  const at::Tensor attended = self_attn_layer_norm->forward(
      frames + dropout(self_attn->forward(frames, bias, padding, dropout), dropout_));
  return final_layer_norm->forward(attended + feed_forward(attended, dropout));
}

}  // namespace qamro::encoders::wavlm
