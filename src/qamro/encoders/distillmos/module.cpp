#include "qamro/encoders/distillmos/module.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/init.h>

#include <cmath>

#include "qamro/core/error.h"
#include "qamro/features/complex_spectrum.h"
#include "qamro/nn/layers.h"

namespace qamro::encoders::distillmos {
namespace modules = torch::nn;
namespace {

using qamro::nn::add_branch;

// `PositionalEncoding` in transformer_wrapper.py.
at::Tensor sinusoids(std::int64_t tokens, std::int64_t dim) {
  const at::Tensor position = at::arange(tokens, at::kFloat).unsqueeze(1);
  const double rate = -std::log(2.0 * static_cast<double>(tokens)) / static_cast<double>(dim);
  const at::Tensor divisor = at::exp(at::arange(0, dim, 2, at::kFloat) * rate);
  return at::stack({at::sin(position * divisor), at::cos(position * divisor)}, -1).reshape({1, tokens, dim});
}

at::Tensor over_channels(modules::BatchNorm1d& norm, const at::Tensor& tokens) {
  return norm(tokens.transpose(1, 2)).transpose(1, 2);
}

// Copies the tensors into the module.
void fill(DistillMosModule& module, const io::StateDict& state, std::string_view file) {
  io::StateDict own = state_dict(module);
  io::TensorShapes shapes;
  for (const auto& [name, tensor] : own) shapes.emplace(name, tensor.sizes().vec());
  io::expect_tensors(state, shapes, file);
  for (const auto& [name, tensor] : own) {
    const at::Tensor& found = state.at(name);
    if (found.scalar_type() != tensor.scalar_type())
      throw CheckpointError(fmt::format("{}: tensor '{}': expected {}, got {}", file, name,
                                        c10::toString(tensor.scalar_type()),
                                        c10::toString(found.scalar_type())));
  }
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : own) tensor.copy_(state.at(name));
}

}  // namespace

SelfAttentionImpl::SelfAttentionImpl(std::int64_t dim, std::int64_t heads)
    : in_proj_weight(register_parameter("in_proj_weight", at::empty({3 * dim, dim}))),
      in_proj_bias(register_parameter("in_proj_bias", at::zeros({3 * dim}))),
      out_proj(register_module("out_proj", modules::Linear(dim, dim))),
      heads_(heads) {
  modules::init::xavier_uniform_(in_proj_weight);
  const at::NoGradGuard no_grad;
  out_proj->bias.zero_();
}

at::Tensor SelfAttentionImpl::forward(const at::Tensor& tokens) {
  const std::int64_t batch = tokens.size(0), length = tokens.size(1), dim = tokens.size(2);
  const at::Tensor projected = at::linear(tokens, in_proj_weight, in_proj_bias);
  // [3, n, heads, tokens, dim / heads]
  const at::Tensor split =
      projected.view({batch, length, 3, heads_, dim / heads_}).permute({2, 0, 3, 1, 4}).contiguous();
  const double scale = 1.0 / std::sqrt(static_cast<double>(dim) / static_cast<double>(heads_));
  const at::Tensor scores = at::matmul(split[0] * scale, split[1].transpose(-1, -2));
  const at::Tensor mixed = at::matmul(at::softmax(scores, -1), split[2]);
  return out_proj(mixed.transpose(1, 2).reshape({batch, length, dim}));
}

EncoderLayerImpl::EncoderLayerImpl(const DistillMosConfig& config)
    : self_attn(register_module("self_attn", SelfAttention(config.dim, DistillMosConfig::kHeads))),
      linear1(register_module("linear1", modules::Linear(config.dim, config.feed_forward))),
      linear2(register_module("linear2", modules::Linear(config.feed_forward, config.dim))),
      norm1(register_module("norm1", modules::LayerNorm(modules::LayerNormOptions({config.dim})))),
      norm2(register_module("norm2", modules::LayerNorm(modules::LayerNormOptions({config.dim})))) {}

at::Tensor EncoderLayerImpl::forward(const at::Tensor& tokens) {
  const at::Tensor attended = norm1(tokens + self_attn(tokens));
  return norm2(attended + linear2(at::relu(linear1(attended))));
}

DistillMosModule::DistillMosModule(const DistillMosConfig& config) : config_(config) {
  config_.validate();
  build_convolutions();
  build_transformer();
}

void DistillMosModule::build_convolutions() {
  const auto sequence = add_branch(*add_branch(*this, "cnn"), "cnn");
  std::int64_t input = 2;
  for (std::size_t i = 0; i < config_.channels.size(); ++i) {
    const auto options = modules::Conv2dOptions(input, config_.channels[i], 3)
                             .stride({config_.frequency_stride(i), config_.time_stride(i)})
                             .padding({0, 1});
    // The activations between them have the odd numbers.
    convolutions.emplace_back(sequence->register_module(std::to_string(2 * i), modules::Conv2d(options)));
    input = config_.channels[i];
  }
}

void DistillMosModule::build_transformer() {
  const auto head = add_branch(*this, "transformer_pool_attn");
  const std::int64_t features = config_.token_features(), dim = config_.dim;
  norm_input = head->register_module("norm_input", modules::BatchNorm1d(features));
  const auto transformer = add_branch(*head, "transformer");
  norm = transformer->register_module("norm", modules::BatchNorm1d(features));
  position_encoding =
      add_branch(*transformer, "position_encoding")->register_buffer("pe", sinusoids(config_.tokens, dim));
  linear_proj = transformer->register_module("linear_proj", modules::Linear(features, dim));
  const auto layers = add_branch(*add_branch(*transformer, "transformer_encoder"), "layers");
  for (std::int64_t i = 0; i < config_.layers; ++i)
    encoder_layers.emplace_back(layers->register_module(std::to_string(i), EncoderLayer(config_)));
  norm_trans = head->register_module("norm_trans", modules::BatchNorm1d(dim));
  const auto pool = add_branch(*head, "pool");
  pool_linear1 = pool->register_module("linear1", modules::Linear(dim, config_.pool_hidden));
  pool_linear2 = pool->register_module("linear2", modules::Linear(config_.pool_hidden, 1));
  pool_linear3 = pool->register_module("linear3", modules::Linear(dim, 1));
}

// [n, 2, frequencies, frames] -> [n, channels, frequencies, tokens]
at::Tensor DistillMosModule::convolve(at::Tensor image) {
  for (modules::Conv2d& convolution : convolutions)
    image = at::leaky_relu(convolution(image), DistillMosConfig::kLeakySlope);
  return image;
}

// Every convolution but the last looks one frame to either side. The last makes a token from two frames and
// looks one frame further. So from `reach` frames after the last frame with sound, all tokens are alike, up
// to those that feel the zeros after the image's end. The image is cut there, and the common token put back.
at::Tensor DistillMosModule::convolve_sharing_silence(const at::Tensor& image) {
  const std::int64_t frames = image.size(3), reach = std::ssize(convolutions);
  const at::Tensor sounds = (image.detach() != image.detach().narrow(3, frames - 1, 1)).any(0).any(0).any(0);
  const at::Tensor last = sounds.nonzero();
  const std::int64_t loud = last.size(0) == 0 ? 0 : last[-1].item<std::int64_t>() + 1;
  const std::int64_t head = loud + reach + (loud + reach) % 2, tail = reach + 2 + reach % 2;
  if (head + tail >= frames) return convolve(image);
  const at::Tensor tokens =
      convolve(at::cat({image.narrow(3, 0, head), image.narrow(3, frames - tail, tail)}, 3));
  const at::Tensor silence = tokens.narrow(3, head / 2, 1);
  return at::cat({tokens.narrow(3, 0, head / 2), silence.expand({-1, -1, -1, (frames - head - tail) / 2}),
                  tokens.narrow(3, head / 2, tail / 2)},
                 3);
}

// [n, samples] -> [n, tokens, channels x frequencies]
at::Tensor DistillMosModule::token_features(const at::Tensor& windows) {
  const at::Tensor peak = windows.abs().amax(1, /*keepdim=*/true);
  const at::Tensor image = features::complex_spectrum(windows / (peak + 1e-8), config_.spectrum());
  const at::Tensor tokens = shares_silence_ ? convolve_sharing_silence(image) : convolve(image);
  return tokens.flatten(1, 2).transpose(1, 2);
}

DistillMosOutput DistillMosModule::forward(const at::Tensor& windows) {
  check_windows(windows);
  DistillMosOutput output;
  output.convolved = token_features(windows);
  const at::Tensor features = over_channels(norm, over_channels(norm_input, output.convolved));
  output.projected = linear_proj(features);
  at::Tensor tokens = output.projected + position_encoding;
  for (EncoderLayer& layer : encoder_layers) {
    tokens = layer(tokens);
    output.layers.push_back(tokens);
  }
  output.normalised = over_channels(norm_trans, tokens);
  const at::Tensor scores = pool_linear2(at::relu(pool_linear1(output.normalised)));
  const at::Tensor weights = at::softmax(scores.transpose(1, 2), -1);  // [n, 1, tokens]
  output.pooled = at::bmm(weights, output.normalised).squeeze(1);
  output.mos = 1 + 4 * at::sigmoid(pool_linear3(output.pooled).squeeze(-1));
  return output;
}

void check_windows(const at::Tensor& windows) {
  if (windows.dim() != 2 || windows.size(1) != DistillMosConfig::kWindowSamples ||
      windows.scalar_type() != at::kFloat)
    throw InvalidInput(fmt::format("Distill-MOS: expected float32 windows of shape [n, {}], got {} [{}]",
                                   DistillMosConfig::kWindowSamples, c10::toString(windows.scalar_type()),
                                   fmt::join(windows.sizes(), ", ")));
}

io::StateDict state_dict(const DistillMosModule& module) {
  io::StateDict state;
  for (const auto& item : module.named_parameters()) state.emplace(item.key(), item.value().detach());
  for (const auto& item : module.named_buffers()) state.emplace(item.key(), item.value());
  return state;
}

std::shared_ptr<DistillMosModule> module_from_state_dict(const io::StateDict& state, std::string_view file) {
  auto module = std::make_shared<DistillMosModule>(config_from_state_dict(state, file));
  fill(*module, state, file);
  module->eval();
  return module;
}

}  // namespace qamro::encoders::distillmos
