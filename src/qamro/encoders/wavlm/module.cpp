#include "qamro/encoders/wavlm/module.h"

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/nn/autocast.h"
#include "qamro/nn/device.h"

namespace qamro::encoders::wavlm {
namespace {

using nn::add_branch;

void check_windows(const at::Tensor& windows, std::span<const std::int64_t> valid_samples,
                   const WavLmConfig& config) {
  if (windows.dim() != 2 || windows.size(0) < 1 || windows.size(1) > config.window_samples ||
      windows.scalar_type() != at::kFloat)
    throw InvalidInput(fmt::format("WavLM: expected float32 windows of shape [n, up to {}], got {} [{}]",
                                   config.window_samples, c10::toString(windows.scalar_type()),
                                   fmt::join(windows.sizes(), ", ")));
  if (std::ssize(valid_samples) != windows.size(0))
    throw InvalidInput(fmt::format("WavLM: expected the valid samples of {} windows, got {}", windows.size(0),
                                   valid_samples.size()));
  for (const std::int64_t valid : valid_samples)
    if (valid < 1 || valid > windows.size(1))
      throw InvalidInput(
          fmt::format("WavLM: expected 1 to {} valid samples of a window, got {}", windows.size(1), valid));
}

void check_dropout_seeds(std::span<const std::int64_t> valid_samples,
                         std::span<const std::uint64_t> dropout_seeds) {
  if (!dropout_seeds.empty() && dropout_seeds.size() != valid_samples.size())
    throw InvalidInput(fmt::format("WavLM: expected dropout seeds of {} windows or none, got {}",
                                   valid_samples.size(), dropout_seeds.size()));
}

// Samples of the window that are needed: those that make up `frames` frames, and all valid ones, which the
// first normalisation counts even if no whole frame contains them.
std::int64_t samples_needed(const WavLmConfig& config, std::int64_t frames, std::int64_t max_valid) {
  const ConvLayer& first = config.conv_layers.front();
  const std::int64_t felt = std::min(config.first_frames(), (max_valid - 1) / first.stride + 1);
  return std::max(config.samples_of(frames), first.stride * (felt - 1) + first.kernel);
}

at::Tensor fit_length(const at::Tensor& windows, std::int64_t samples) {
  if (windows.size(1) >= samples) return windows.narrow(1, 0, samples);
  return at::constant_pad_nd(windows, {0, samples - windows.size(1)});
}

// bool [n, most], true after each window's last frame.
at::Tensor padding_of(const std::vector<std::int64_t>& frames, std::int64_t max_frames,
                      const at::Tensor& windows) {
  const at::Tensor lengths = at::tensor(frames, at::kLong).to(windows.device());
  return at::arange(max_frames, lengths.options()).unsqueeze(0) >= lengths.unsqueeze(1);
}

}  // namespace

WavLmModule::WavLmModule(const WavLmConfig& config) : config_(config) {
  config_.validate();
  build_front_end();
  build_encoder();
}

void WavLmModule::build_front_end() {
  mask_emb = register_parameter("mask_emb", at::empty({config_.dim}));
  const auto layers = add_branch(*add_branch(*this, "feature_extractor"), "conv_layers");
  std::int64_t input = 1;
  for (std::size_t i = 0; i < config_.conv_layers.size(); ++i) {
    const ConvLayer& convolution = config_.conv_layers[i];
    const auto layer = add_branch(*layers, std::to_string(i));
    convolutions.push_back(
        add_branch(*layer, "0")
            ->register_parameter("weight", at::empty({convolution.channels, input, convolution.kernel})));
    if (i == 0) first_norm = layer->register_module("2", Norm(convolution.channels));
    input = convolution.channels;
  }
  layer_norm = register_module("layer_norm", Norm(input));
  post_extract_proj = register_module("post_extract_proj", Projection(input, config_.dim));
}

void WavLmModule::build_encoder() {
  const auto encoder = add_branch(*this, "encoder");
  const auto position = add_branch(*add_branch(*encoder, "pos_conv"), "0");
  const std::int64_t dim = config_.dim, kernel = config_.position_kernel;
  position_weight_g = position->register_parameter("weight_g", at::empty({1, 1, kernel}));
  position_weight_v =
      position->register_parameter("weight_v", at::empty({dim, dim / config_.position_groups, kernel}));
  position_bias = position->register_parameter("bias", at::empty({dim}));
  encoder_norm = encoder->register_module("layer_norm", Norm(dim));
  const auto layers = add_branch(*encoder, "layers");
  for (std::int64_t i = 0; i < config_.layers; ++i)
    encoder_layers.emplace_back(
        layers->register_module(std::to_string(i), TransformerLayer(config_, i == 0)));
}

at::Tensor WavLmModule::position_weight() const {
  return at::_weight_norm(position_weight_v, position_weight_g, 2);
}

// GroupNorm with one channel per group over all frames of the zero-padded window. Frames after `convolved`,
// [n, channels, frames], are zero.
at::Tensor WavLmModule::normalise_over_window(const at::Tensor& convolved) const {
  const auto all = static_cast<double>(config_.first_frames());
  const double silent = all - static_cast<double>(convolved.size(2));
  if (whole_windows_ && silent == 0)
    return at::group_norm(convolved, convolved.size(1), first_norm->weight, first_norm->bias,
                          WavLmConfig::kNormEpsilon);
  const at::Tensor mean = convolved.sum(2, /*keepdim=*/true) / all;
  const at::Tensor squares = (convolved - mean).square().sum(2, /*keepdim=*/true) + silent * mean.square();
  const at::Tensor scale =
      at::rsqrt(squares / all + WavLmConfig::kNormEpsilon) * first_norm->weight.unsqueeze(1);
  return (convolved - mean) * scale + first_norm->bias.unsqueeze(1);
}

// [n, samples] -> [n, frames, channels]
at::Tensor WavLmModule::convolve(const at::Tensor& windows) const {
  at::Tensor signal = windows.unsqueeze(1);
  for (std::size_t i = 0; i < convolutions.size(); ++i) {
    signal = at::conv1d(signal, convolutions[i], {}, config_.conv_layers[i].stride);
    signal = at::gelu(i == 0 ? normalise_over_window(signal) : signal);
  }
  return signal.transpose(1, 2);
}

// `pos_conv`: convolution, SamePad, GELU.
at::Tensor WavLmModule::add_position(const at::Tensor& frames) const {
  const std::int64_t kernel = config_.position_kernel;
  // oneDNN 3.10 gives wrong sums in bfloat16 on AMX for groups of fewer channels (published: 48).
  constexpr std::int64_t kFewestChannels = 16;
  const bool needs_fp32 = frames.is_cpu() && config_.dim / config_.position_groups < kFewestChannels;
  const nn::AutocastOff exact(at::kCPU, needs_fp32);
  const at::Tensor input = needs_fp32 ? frames.to(at::kFloat) : frames;
  const at::Tensor position =
      at::conv1d(input.transpose(1, 2), position_weight(), position_bias, /*stride=*/1,
                 /*padding=*/kernel / 2, /*dilation=*/1, config_.position_groups)
          .narrow(2, 0, frames.size(1));
  return encoder_norm->forward(frames + at::gelu(position).transpose(1, 2));
}

at::Tensor WavLmModule::apply_layer(const TransformerLayer& layer, const at::Tensor& frames,
                                    const at::Tensor& bias, const at::Tensor& padding,
                                    Dropout& dropout) const {
  const at::Tensor left_out = dropout.left_out(config_.layer_dropout);
  const at::Tensor output = layer->forward(frames, bias, padding, dropout);
  if (!left_out.defined()) return output;
  return at::where(left_out.to(frames.device()).view({-1, 1, 1}), frames, output);
}

WavLmOutput WavLmModule::forward(const at::Tensor& windows, std::span<const std::int64_t> valid_samples,
                                 std::span<const std::uint64_t> dropout_seeds) {
  check_dropout_seeds(valid_samples, dropout_seeds);
  Dropout dropout(dropout_seeds);
  WavLmOutput output = front(windows, valid_samples, dropout);
  add_layers(output, dropout);
  return output;
}

WavLmOutput WavLmModule::front(const at::Tensor& windows, std::span<const std::int64_t> valid_samples,
                               Dropout& dropout) const {
  check_windows(windows, valid_samples, config_);
  std::vector<std::int64_t> frames;
  for (const std::int64_t valid : valid_samples) frames.push_back(config_.valid_frames(valid));
  const std::int64_t max_frames =
      whole_windows_ ? config_.valid_frames(config_.window_samples) : std::ranges::max(frames);
  const std::int64_t needed = samples_needed(
      config_, max_frames, whole_windows_ ? config_.window_samples : std::ranges::max(valid_samples));

  const at::Tensor input = config_.normalise_rms ? wavlm::normalise_rms(windows, valid_samples) : windows;
  WavLmOutput output;
  output.convolved = convolve(fit_length(input, needed)).narrow(1, 0, max_frames);
  if (output.convolved.requires_grad())
    output.convolved.register_hook(
        [scale = config_.feature_gradient_scale](const at::Tensor& gradient) { return gradient * scale; });
  output.projected =
      dropout(post_extract_proj->forward(layer_norm->forward(output.convolved)), config_.input_dropout);
  if (whole_windows_ || std::ranges::min(frames) < max_frames)
    output.padding = padding_of(frames, max_frames, windows);
  return output;
}

void WavLmModule::add_layers(WavLmOutput& output, Dropout& dropout) const {
  at::Tensor hidden = output.projected;
  if (output.padding.defined()) hidden = hidden.masked_fill(output.padding.unsqueeze(2), 0);
  hidden = dropout(add_position(hidden), config_.dropout);
  output.layers.push_back(hidden);
  const at::Tensor bias = wavlm::position_bias(position_bias_by_distance(
      encoder_layers.front()->self_attn->relative_attention_bias, hidden.size(1), config_.max_distance));
  for (const TransformerLayer& layer : encoder_layers)
    output.layers.push_back(hidden = apply_layer(layer, output.layers.back(), bias, output.padding, dropout));
}

at::Tensor normalise_rms(const at::Tensor& windows, std::span<const std::int64_t> valid_samples) {
  constexpr double kSmallestPower = 1e-9;
  std::vector<double> lengths(valid_samples.begin(), valid_samples.end());
  const at::Tensor valid = at::tensor(lengths, at::kDouble).to(windows.device()).unsqueeze(1);
  const at::Tensor power = windows.to(at::kDouble).square().sum(1, /*keepdim=*/true) / valid;
  return windows * at::rsqrt(power + kSmallestPower).to(at::kFloat);
}

at::Tensor pool_layers(const WavLmOutput& output) {
  std::vector<at::Tensor> pooled;
  const at::Tensor valid =
      output.padding.defined() ? output.padding.logical_not().unsqueeze(2).to(at::kFloat) : at::Tensor();
  for (const at::Tensor& layer : output.layers)
    pooled.push_back(valid.defined() ? (layer * valid).sum(1) / valid.sum(1) : layer.mean(1));
  return at::stack(pooled, 1);
}

DeviceWavLm::DeviceWavLm(std::shared_ptr<WavLmModule> module, nn::Precision precision, c10::Device device,
                         std::int64_t batch)
    : module_(std::move(module)), precision_(precision), device_(device), batch_(batch) {
  module_->eval();
  module_->to(device_);
  module_->compute_whole_windows(true);
}

at::Tensor DeviceWavLm::pooled_layers(std::span<const std::span<const float>> windows) const {
  const c10::InferenceMode inference;
  const c10::OptionalDeviceGuard guard(device_);
  const auto batch = nn::make_window_batch(windows, batch_, config().window_samples, device_);
  return nn::in_precision(precision_, [&](nn::Precision precision) {
    Dropout none;
    // The convolutions do not need bfloat16's range, and its rounding costs them more than the layers.
    WavLmOutput output = [&] {
      const nn::Autocast autocast(device_.type(),
                                  precision == nn::Precision::bf16 ? nn::Precision::fp16 : precision);
      return module_->front(batch.samples, batch.valid, none);
    }();
    const nn::Autocast autocast(device_.type(), precision);
    module_->add_layers(output, none);
    return pool_layers(output).to(at::kFloat);
  });
}

}  // namespace qamro::encoders::wavlm
