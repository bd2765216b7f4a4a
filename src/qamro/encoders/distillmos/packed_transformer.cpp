#include "qamro/encoders/distillmos/packed_transformer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "qamro/core/error.h"
#include "qamro/nn/affine.h"
#include "qamro/nn/parallel.h"

namespace qamro::encoders::distillmos {

PackedTransformer::PackedTransformer(DistillMosModule& module, nn::Precision precision)
    : config_(module.config()),
      precision_(precision),
      type_(nn::compute_type(precision)),
      position_encoding_(module.position_encoding[0].clone()) {
  const at::NoGradGuard no_grad;
  if (config_.tokens % kRowChunks != 0) throw InvalidInput("Distill-MOS: tokens do not fill the chunks");
  for (EncoderLayer& layer : module.encoder_layers) layers_.push_back(pack(*layer));
  const nn::Affine norm = nn::inference_affine(*module.norm_trans);
  norm_scale_ = norm.scale.to(at::kFloat);
  norm_shift_ = norm.shift.to(at::kFloat);
  pool_hidden_ = nn::PackedLinear(module.pool_linear1->weight, module.pool_linear1->bias, chunk_rows(),
                                  nn::Activation::relu);
  pool_weight_ = module.pool_linear2->weight.detach().clone();
  pool_bias_ = module.pool_linear2->bias.detach().clone();
  mos_weight_ = module.pool_linear3->weight.detach().clone();
  mos_bias_ = module.pool_linear3->bias.detach().clone();
}

nn::PackedLinear PackedTransformer::pack(const at::Tensor& weight, const at::Tensor& bias,
                                         nn::Activation activation) const {
  return {nn::to_precision(weight, precision_), nn::to_precision(bias, precision_), chunk_rows(), activation};
}

PackedTransformer::Layer PackedTransformer::pack(EncoderLayerImpl& layer) const {
  const auto norm = [](const torch::nn::LayerNorm& from) {
    return nn::InferenceNorm(from->weight, from->bias, from->options.eps());
  };
  return {pack(layer.self_attn->in_proj_weight, layer.self_attn->in_proj_bias),
          pack(layer.self_attn->out_proj->weight, layer.self_attn->out_proj->bias),
          pack(layer.linear1->weight, layer.linear1->bias, nn::Activation::relu),
          pack(layer.linear2->weight, layer.linear2->bias),
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
  const at::Tensor split = query_key_value.view({1, -1, 3, heads, head_dim});
  at::Tensor mixed = at::empty({config_.tokens, heads, head_dim}, query_key_value.options());
  nn::parallel_for(heads, [&](std::int64_t head) {
    const at::NoGradGuard no_grad;
    // [1, 1, tokens, head_dim]
    const auto part = [&](std::int64_t i) { return split.select(2, i).narrow(2, head, 1).transpose(1, 2); };
    mixed.select(1, head).copy_(at::scaled_dot_product_attention(part(0), part(1), part(2))[0][0]);
  });
  return mixed.view({config_.tokens, config_.dim});
}

// What a layer does after its attention, for a range of tokens.
// The running sum and its normalisation stay in fp32 in either precision.
at::Tensor PackedTransformer::finish(const Layer& layer, const at::Tensor& attended,
                                     const at::Tensor& tokens) const {
  const auto add = [&](const nn::PackedLinear& linear, const at::Tensor& input, const at::Tensor& residual) {
    return type_ == at::kFloat ? linear(input, residual) : residual + linear(input);
  };
  const at::Tensor middle = layer.norm1(add(layer.output, attended, tokens));
  return layer.norm2(add(layer.contract, layer.expand(middle.to(type_)), middle));
}

DistillMosOutput PackedTransformer::forward(const at::Tensor& projected) const {
  DistillMosOutput output;
  output.projected = projected.unsqueeze(0);
  const std::int64_t length = config_.tokens;
  at::Tensor tokens = at::add(projected, position_encoding_);
  const auto project = [&](const Layer& layer, const at::Tensor& input, at::Tensor& query_key_value,
                           std::int64_t chunk) {
    rows(query_key_value, chunk).copy_(layer.query_key_value(input.to(type_)));
  };
  at::Tensor query_key_value = at::empty({length, 3 * config_.dim}, tokens.options().dtype(type_));
  nn::parallel_for(kRowChunks, [&](std::int64_t chunk) {
    const at::NoGradGuard no_grad;
    project(layers_.front(), rows(tokens, chunk), query_key_value, chunk);
  });
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const at::Tensor attended = attend(query_key_value);
    at::Tensor next = at::empty_like(tokens);
    nn::parallel_for(kRowChunks, [&](std::int64_t chunk) {
      const at::NoGradGuard no_grad;
      const at::Tensor done = finish(layers_[i], rows(attended, chunk), rows(tokens, chunk));
      rows(next, chunk).copy_(done);
      if (i + 1 < layers_.size()) project(layers_[i + 1], done, query_key_value, chunk);
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

}  // namespace qamro::encoders::distillmos
