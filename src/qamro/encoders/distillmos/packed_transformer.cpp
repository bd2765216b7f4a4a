#include "qamro/encoders/distillmos/packed_transformer.h"

#include <ATen/ATen.h>

#include "qamro/nn/affine.h"
#include "qamro/nn/parallel.h"

namespace qamro::encoders::distillmos {

at::Tensor PackedTransformer::Norm::operator()(const at::Tensor& tokens) const {
  return at::layer_norm(tokens, weight.sizes(), weight, bias, epsilon);
}

PackedTransformer::PackedTransformer(DistillMosModule& module, nn::Precision precision)
    : config_(module.config()),
      type_(precision == nn::Precision::bf16 ? at::kBFloat16 : at::kFloat),
      position_encoding_(module.position_encoding[0]) {
  const at::NoGradGuard no_grad;
  for (EncoderLayer& layer : module.encoder_layers) layers_.push_back(pack(*layer));
  const nn::Affine norm = nn::inference_affine(*module.norm_trans);
  norm_scale_ = norm.scale.to(at::kFloat);
  norm_shift_ = norm.shift.to(at::kFloat);
  pool_hidden_ = nn::PackedLinear(module.pool_linear1->weight, module.pool_linear1->bias, config_.tokens,
                                  nn::Activation::relu);
  pool_weight_ = module.pool_linear2->weight.detach();
  pool_bias_ = module.pool_linear2->bias.detach();
  mos_weight_ = module.pool_linear3->weight.detach();
  mos_bias_ = module.pool_linear3->bias.detach();
}

nn::PackedLinear PackedTransformer::pack(const at::Tensor& weight, const at::Tensor& bias,
                                         nn::Activation activation) const {
  return {weight.detach().to(type_), bias.detach().to(type_), config_.tokens, activation};
}

PackedTransformer::Layer PackedTransformer::pack(EncoderLayerImpl& layer) const {
  const auto norm = [](const torch::nn::LayerNorm& from) {
    return Norm{from->weight.detach(), from->bias.detach(), from->options.eps()};
  };
  return {pack(layer.self_attn->in_proj_weight, layer.self_attn->in_proj_bias),
          pack(layer.self_attn->out_proj->weight, layer.self_attn->out_proj->bias),
          pack(layer.linear1->weight, layer.linear1->bias, nn::Activation::relu),
          pack(layer.linear2->weight, layer.linear2->bias),
          norm(layer.norm1),
          norm(layer.norm2)};
}

// [tokens, dim] -> [tokens, dim], before the output projection.
at::Tensor PackedTransformer::attend(const Layer& layer, const at::Tensor& tokens) const {
  constexpr std::int64_t heads = DistillMosConfig::kHeads;
  const at::Tensor split =
      layer.query_key_value(tokens.to(type_)).view({1, -1, 3, heads, config_.dim / heads});
  const auto part = [&](std::int64_t i) { return split.select(2, i).transpose(1, 2); };
  return at::scaled_dot_product_attention(part(0), part(1), part(2))
      .transpose(1, 2)
      .reshape({-1, config_.dim});
}

// The running sum and its normalisation stay in fp32 in either precision.
at::Tensor PackedTransformer::apply(const Layer& layer, const at::Tensor& tokens) const {
  const auto add = [&](const nn::PackedLinear& linear, const at::Tensor& input, const at::Tensor& residual) {
    return type_ == at::kFloat ? linear(input, residual) : residual + linear(input);
  };
  const at::Tensor attended = layer.norm1(add(layer.output, attend(layer, tokens), tokens));
  return layer.norm2(add(layer.contract, layer.expand(attended.to(type_)), attended));
}

DistillMosOutput PackedTransformer::forward(const at::Tensor& projected) const {
  DistillMosOutput output;
  output.projected = projected.unsqueeze(0);
  at::Tensor tokens = projected + position_encoding_;
  for (const Layer& layer : layers_) {
    tokens = apply(layer, tokens);
    output.layers.push_back(tokens.unsqueeze(0));
  }
  output.normalised = at::addcmul(norm_shift_, tokens, norm_scale_).unsqueeze(0);
  score(output);
  return output;
}

void PackedTransformer::score(DistillMosOutput& output) const {
  const at::Tensor tokens = output.normalised[0];
  const at::Tensor hidden = pool_hidden_(tokens);
  const nn::SerialRegion serial;  // sums must not depend on the number of threads
  const at::Tensor weights = at::softmax((hidden * pool_weight_).sum(1, /*keepdim=*/true) + pool_bias_, 0);
  output.pooled = (weights * tokens).sum(0, /*keepdim=*/true);
  output.mos = 1 + 4 * at::sigmoid((output.pooled * mos_weight_).sum(1) + mos_bias_);
}

}  // namespace qamro::encoders::distillmos
