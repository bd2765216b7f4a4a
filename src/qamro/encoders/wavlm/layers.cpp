#include "qamro/encoders/wavlm/module.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <limits>

namespace qamro::encoders::wavlm {

Dropout::Dropout(std::span<const std::uint64_t> seeds) {
  for (const std::uint64_t seed : seeds) streams_.push_back(at::detail::createCPUGenerator(seed));
}

at::Tensor Dropout::operator()(const at::Tensor& values, double rate) {
  if (streams_.empty() || rate == 0.0) return values;
  const at::Tensor mask = at::empty(values.sizes(), at::kFloat);
  for (std::size_t i = 0; i < streams_.size(); ++i)
    mask[static_cast<std::int64_t>(i)].bernoulli_(1.0 - rate, streams_[i]);
  return values * mask.div_(1.0 - rate).to(values.device());
}

at::Tensor Dropout::left_out(double rate) {
  if (streams_.empty() || rate == 0.0) return {};
  const at::Tensor dropped = at::empty({static_cast<std::int64_t>(streams_.size())}, at::kFloat);
  for (std::size_t i = 0; i < streams_.size(); ++i)
    dropped[static_cast<std::int64_t>(i)].bernoulli_(rate, streams_[i]);
  return dropped.to(at::kBool);
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

at::Tensor relative_position_buckets(const at::Tensor& relative_positions, std::int64_t buckets,
                                     std::int64_t max_distance) {
  const std::int64_t per_direction = buckets / 2, exact = per_direction / 2;
  const at::Tensor direction = (relative_positions > 0).to(at::kLong) * per_direction;
  const at::Tensor distance = relative_positions.abs();
  const double logarithms = std::log(static_cast<double>(max_distance) / static_cast<double>(exact));
  // Short distances, including 0, do not use this; the clamp only avoids log 0.
  const at::Tensor fraction = at::log(distance.clamp_min(1).to(at::kFloat) / exact) / logarithms;
  const at::Tensor wide =
      ((fraction * (per_direction - exact)).to(at::kLong) + exact).clamp_max(per_direction - 1);
  return direction + at::where(distance < exact, distance, wide);
}

at::Tensor position_bias_by_distance(const at::Tensor& embedding, std::int64_t frames,
                                     std::int64_t max_distance) {
  const at::Tensor distances = at::arange(1 - frames, frames, at::kLong);
  const at::Tensor buckets = relative_position_buckets(distances, embedding.size(0), max_distance);
  return embedding.index_select(0, buckets.to(embedding.device())).t();
}

at::Tensor position_bias(const at::Tensor& by_distance) {
  const std::int64_t frames = (by_distance.size(1) + 1) / 2;
  const at::Tensor frame = at::arange(frames, by_distance.options().dtype(at::kLong));
  const at::Tensor index = frame.unsqueeze(0) - frame.unsqueeze(1) + (frames - 1);
  return by_distance.index_select(1, index.flatten()).view({-1, frames, frames});
}

}  // namespace qamro::encoders::wavlm
