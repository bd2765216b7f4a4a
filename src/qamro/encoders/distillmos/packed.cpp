#include "qamro/encoders/distillmos/packed.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "qamro/core/error.h"
#include "qamro/nn/attention.h"
#include "qamro/nn/inference_layers.h"
#include "qamro/nn/parallel.h"

namespace qamro::encoders::distillmos {

PackedTransformer::PackedTransformer(DistillMosModule& module, const nn::Arithmetic& arithmetic)
    : config_(module.config()),
      arithmetic_(arithmetic),
      position_encoding_(module.position_encoding[0].clone()) {
  const at::NoGradGuard no_grad;
  if (config_.tokens % kRowChunks != 0) throw InvalidInput("Distill-MOS: tokens do not fill the chunks");
  for (EncoderLayer& layer : module.encoder_layers) layers_.push_back(pack(*layer));
  const nn::Affine norm = nn::inference_affine(*module.norm_trans);
  norm_scale_ = norm.scale.to(at::kFloat);
  norm_shift_ = norm.shift.to(at::kFloat);
  pool_hidden_ = {module.pool_linear1->weight, module.pool_linear1->bias,
                  nn::Arithmetic(nn::Precision::fp32, arithmetic.processor), nn::Activation::relu};
  pool_weight_ = module.pool_linear2->weight.detach().clone();
  pool_bias_ = module.pool_linear2->bias.detach().clone();
  mos_weight_ = module.pool_linear3->weight.detach().clone();
  mos_bias_ = module.pool_linear3->bias.detach().clone();
}

PackedTransformer::Layer PackedTransformer::pack(EncoderLayerImpl& layer) const {
  const auto norm = [&](const torch::nn::LayerNorm& from) {
    return nn::InferenceNorm(from->weight, from->bias, arithmetic_, from->options.eps());
  };
  const double scale =
      1.0 / std::sqrt(static_cast<double>(config_.dim) / static_cast<double>(DistillMosConfig::kHeads));
  at::Tensor weight = layer.self_attn->in_proj_weight.detach().clone();
  at::Tensor bias = layer.self_attn->in_proj_bias.detach().clone();
  weight.narrow(0, 0, config_.dim).mul_(scale);  // of the queries
  bias.narrow(0, 0, config_.dim).mul_(scale);
  return {{weight, bias, arithmetic_},
          {layer.self_attn->out_proj->weight, layer.self_attn->out_proj->bias, arithmetic_},
          {layer.linear1->weight, layer.linear1->bias, arithmetic_, nn::Activation::relu},
          {layer.linear2->weight, layer.linear2->bias, arithmetic_},
          norm(layer.norm1),
          norm(layer.norm2)};
}

at::Tensor PackedTransformer::rows(const at::Tensor& tokens, std::int64_t chunk) const {
  return tokens.narrow(0, chunk * chunk_rows(), chunk_rows());
}

// [tokens, 3 dim] -> [tokens, dim], before the output projection.
at::Tensor PackedTransformer::attend(const at::Tensor& query_key_value) const {
  constexpr std::int64_t heads = DistillMosConfig::kHeads;
  const std::int64_t head_dim = config_.dim / heads;
  const at::Tensor mixed = at::empty({config_.tokens, config_.dim}, query_key_value.options());
  nn::parallel_for(heads, [&](std::int64_t head) {
    const auto part = [&](const at::Tensor& from, std::int64_t i) {
      return from.narrow(1, i * config_.dim + head * head_dim, head_dim).mutable_data_ptr();
    };
    nn::AttentionHead own = {part(query_key_value, 0), part(query_key_value, 1), part(query_key_value, 2),
                             3 * config_.dim,          config_.tokens,           head_dim};
    own.mixed = part(mixed, 0);
    own.mixed_stride = config_.dim;
    nn::attend(own, arithmetic_);
  });
  return mixed;
}

// What a layer does after its attention, for a range of tokens.
// The running sum and its normalisation stay in fp32 in every precision.
at::Tensor PackedTransformer::finish(const Layer& layer, const at::Tensor& attended, const at::Tensor& tokens,
                                     const at::Tensor& next) const {
  const nn::NormalisedRows middle = layer.norm1(layer.output.add(attended, tokens));
  return layer.norm2.write(layer.contract.add(layer.expand(middle.rows), middle.exact), next);
}

DistillMosOutput PackedTransformer::forward(const at::Tensor& projected) const {
  DistillMosOutput output;
  output.projected = projected.unsqueeze(0);
  const std::int64_t length = config_.tokens;
  at::Tensor tokens = at::add(projected, position_encoding_);
  const at::Tensor query_key_value =
      at::empty({length, 3 * config_.dim}, tokens.options().dtype(arithmetic_.rows));
  nn::parallel_for(kRowChunks, [&](std::int64_t chunk) {
    const at::NoGradGuard no_grad;
    layers_.front().query_key_value.write(rows(tokens, chunk).to(arithmetic_.rows),
                                          rows(query_key_value, chunk));
  });
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const at::Tensor attended = attend(query_key_value);
    const at::Tensor next = at::empty_like(tokens);
    nn::parallel_for(kRowChunks, [&](std::int64_t chunk) {
      const at::NoGradGuard no_grad;
      const at::Tensor done =
          finish(layers_[i], rows(attended, chunk), rows(tokens, chunk), rows(next, chunk));
      if (i + 1 < layers_.size()) layers_[i + 1].query_key_value.write(done, rows(query_key_value, chunk));
    });
    tokens = next;
    output.layers.push_back(tokens.unsqueeze(0));
  }
  output.normalised = at::addcmul(norm_shift_, tokens, norm_scale_).unsqueeze(0);
  score(output);
  return output;
}

void PackedTransformer::score(DistillMosOutput& output) const {
  const at::Tensor tokens = output.normalised[0];
  const nn::SerialRegion serial;  // a sum's order must not depend on the number of threads
  std::vector<at::Tensor> scores;
  for (std::int64_t chunk = 0; chunk < kRowChunks; ++chunk)
    scores.push_back((pool_hidden_(rows(tokens, chunk)) * pool_weight_).sum(1, /*keepdim=*/true));
  const at::Tensor weights = at::softmax(at::cat(scores) + pool_bias_, 0);
  output.pooled = (weights * tokens).sum(0, /*keepdim=*/true);
  output.mos = 1 + 4 * at::sigmoid((output.pooled * mos_weight_).sum(1) + mos_bias_);
}

namespace {

DistillMosOutput join(const std::vector<DistillMosOutput>& windows, const DistillMosConfig& config) {
  const auto gather = [&](auto&& field) {
    std::vector<at::Tensor> tensors;
    tensors.reserve(windows.size());
    for (const DistillMosOutput& window : windows) tensors.push_back(field(window));
    return at::cat(tensors);
  };
  DistillMosOutput all;
  all.mos = gather([](const DistillMosOutput& window) { return window.mos; });
  all.pooled = gather([](const DistillMosOutput& window) { return window.pooled; });
  all.convolved = gather([](const DistillMosOutput& window) { return window.convolved; });
  all.projected = gather([](const DistillMosOutput& window) { return window.projected; });
  all.normalised = gather([](const DistillMosOutput& window) { return window.normalised; });
  for (std::size_t i = 0; i < static_cast<std::size_t>(config.layers); ++i)
    all.layers.push_back(gather([i](const DistillMosOutput& window) { return window.layers[i]; }));
  return all;
}

DistillMosOutput empty(const DistillMosConfig& config) {
  const at::Tensor tokens = at::empty({0, config.tokens, config.dim});
  return {at::empty({0}),
          at::empty({0, config.dim}),
          at::empty({0, config.tokens, config.token_features()}),
          tokens,
          std::vector<at::Tensor>(static_cast<std::size_t>(config.layers), tokens),
          tokens};
}

}  // namespace

PackedDistillMos::PackedDistillMos(DistillMosModule& module, const nn::Arithmetic& arithmetic)
    : config_(module.config()), front_end_(module, arithmetic), transformer_(module, arithmetic) {}

DistillMosOutput PackedDistillMos::forward(const at::Tensor& windows) const {
  check_windows(windows);
  const at::NoGradGuard no_grad;
  std::vector<DistillMosOutput> outputs;
  for (std::int64_t i = 0; i < windows.size(0); ++i) {
    const PackedFrontEnd::Output tokens = front_end_.forward(windows[i].contiguous());
    outputs.push_back(transformer_.forward(tokens.projected));
    outputs.back().convolved = tokens.convolved.unsqueeze(0);
  }
  if (outputs.empty()) return empty(config_);
  return outputs.size() == 1 ? outputs.front() : join(outputs, config_);
}

at::Tensor pad_to_window(std::span<const float> samples) {
  if (samples.size() > static_cast<std::size_t>(DistillMosConfig::kWindowSamples))
    throw InvalidInput(fmt::format("Distill-MOS: expected a window of at most {} samples, got {}",
                                   DistillMosConfig::kWindowSamples, samples.size()));
  at::Tensor window = at::zeros({1, DistillMosConfig::kWindowSamples});
  std::copy(samples.begin(), samples.end(), window.mutable_data_ptr<float>());
  return window;
}

}  // namespace qamro::encoders::distillmos
