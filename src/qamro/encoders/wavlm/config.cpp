#include "qamro/encoders/wavlm/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>

#include "qamro/core/error.h"

namespace qamro::encoders::wavlm {
namespace {

// More than any version has; keeps a hostile file from asking for endless layers.
constexpr std::int64_t kMaximumLayers = 1000;

using io::shape_of;

std::string convolution_name(std::int64_t layer) {
  return fmt::format("feature_extractor.conv_layers.{}.0.weight", layer);
}

// The strides are left at 0.
std::vector<ConvLayer> conv_layers_of(const io::StateDict& state, std::string_view file) {
  std::vector<ConvLayer> layers;
  for (std::int64_t i = 0; i < kMaximumLayers; ++i) {
    const std::string name = convolution_name(i);
    if (i > 0 && !state.contains(name)) break;
    const at::IntArrayRef shape = shape_of(state, name, 3, file);
    if (i > 0 && shape[1] != layers.back().channels)  // either may be the wrong one
      throw CheckpointError(fmt::format("{}: tensor '{}': expected {} inputs, the outputs of '{}', got {}",
                                        file, name, layers.back().channels, convolution_name(i - 1),
                                        shape[1]));
    layers.push_back({shape[0], shape[2], 0});
  }
  return layers;
}

std::string kernels_text(const std::vector<ConvLayer>& layers) {
  std::vector<std::int64_t> kernels;
  kernels.reserve(layers.size());
  for (const ConvLayer& layer : layers) kernels.push_back(layer.kernel);
  return fmt::format("[{}]", fmt::join(kernels, ", "));
}

void take_strides(std::vector<ConvLayer>& layers, const std::vector<ConvLayer>& known, bool is_declared,
                  std::string_view file) {
  const auto same = [](const ConvLayer& a, const ConvLayer& b) { return a.kernel == b.kernel; };
  if (!std::ranges::equal(layers, known, same))
    throw CheckpointError(fmt::format(
        "{}: feature_extractor.conv_layers: expected kernels {} ({}), got {}", file, kernels_text(known),
        is_declared ? "as its config says" : "the published ones, because tensors do not show strides",
        kernels_text(layers)));
  for (std::size_t i = 0; i < layers.size(); ++i) layers[i].stride = known[i].stride;
}

std::int64_t layers_of(const io::StateDict& state) {
  std::int64_t layers = 0;
  while (layers < kMaximumLayers && state.contains(fmt::format("encoder.layers.{}.fc1.weight", layers)))
    ++layers;
  return layers;
}

void read_shapes(WavLmConfig& config, const io::StateDict& state, std::string_view file) {
  const at::IntArrayRef position = shape_of(state, "encoder.pos_conv.0.weight_v", 3, file);
  config.dim = position[0];
  config.position_groups = config.dim / position[1];
  config.position_kernel = position[2];
  config.layers = layers_of(state);
  config.feed_forward = shape_of(state, "encoder.layers.0.fc1.weight", 2, file)[0];
  const at::IntArrayRef bias =
      shape_of(state, "encoder.layers.0.self_attn.relative_attention_bias.weight", 2, file);
  config.buckets = bias[0];
  config.heads = bias[1];
}

void expect_declared(const WavLmConfig& found, const WavLmConfig& declared, std::string_view file) {
  const auto expect = [&](const char* what, std::int64_t expected, std::int64_t got) {
    if (expected != got)
      throw CheckpointError(fmt::format("{}: {}: expected {} as its config says, got tensors of {}", file,
                                        what, expected, got));
  };
  expect("encoder_embed_dim", declared.dim, found.dim);
  expect("encoder_ffn_embed_dim", declared.feed_forward, found.feed_forward);
  expect("encoder_layers", declared.layers, found.layers);
  expect("encoder_attention_heads", declared.heads, found.heads);
  expect("conv_pos", declared.position_kernel, found.position_kernel);
  expect("conv_pos_groups", declared.position_groups, found.position_groups);
  expect("num_buckets", declared.buckets, found.buckets);
  for (std::size_t i = 0; i < found.conv_layers.size(); ++i)
    expect(fmt::format("conv_feature_layers, channels of layer {}", i).c_str(),
           declared.conv_layers[i].channels, found.conv_layers[i].channels);
}

std::int64_t frames_after(const ConvLayer& layer, std::int64_t samples) {
  return samples < layer.kernel ? 0 : (samples - layer.kernel) / layer.stride + 1;
}

void validate_convolutions(const WavLmConfig& config) {
  if (config.conv_layers.empty()) throw InvalidInput("WavLM: expected convolutions, got none");
  for (const ConvLayer& layer : config.conv_layers)
    if (layer.channels < 1 || layer.stride < 1 || layer.kernel < layer.stride)
      throw InvalidInput(fmt::format(
          "WavLM: expected a convolution with channels and a kernel at least as long as its stride, got ({}, {}, {})",
          layer.channels, layer.kernel, layer.stride));
  if (config.window_samples < 1 || config.window_samples > WavLmConfig::kLongestWindow)
    throw InvalidInput(fmt::format("WavLM: expected a window of 1 to {} samples, got {}",
                                   WavLmConfig::kLongestWindow, config.window_samples));
  if (config.frames() < 1)
    throw InvalidInput(fmt::format("WavLM: {} convolutions leave no frame from {} samples",
                                   config.conv_layers.size(), config.window_samples));
  if (config.conv_layers.back().channels == config.dim)
    throw InvalidInput(fmt::format(
        "WavLM: expected different widths of convolutions and Transformer (every published network has a projection between them), got {} for both",
        config.dim));
}

void validate_rates(const WavLmConfig& config) {
  for (const double rate : {config.dropout, config.attention_dropout, config.activation_dropout,
                            config.input_dropout, config.layer_dropout})
    if (!(rate >= 0.0 && rate < 1.0))
      throw InvalidInput(fmt::format("WavLM: expected dropout rates in [0, 1), got {}", rate));
  if (!(config.feature_gradient_scale >= 0.0 && config.feature_gradient_scale <= 1.0))
    throw InvalidInput(fmt::format("WavLM: expected a scale of the convolutions' gradient in [0, 1], got {}",
                                   config.feature_gradient_scale));
}

}  // namespace

std::vector<ConvLayer> published_conv_layers() {
  return {{512, 10, 5}, {512, 3, 2}, {512, 3, 2}, {512, 3, 2}, {512, 3, 2}, {512, 2, 2}, {512, 2, 2}};
}

std::int64_t WavLmConfig::frame_step() const {
  std::int64_t step = 1;
  for (const ConvLayer& layer : conv_layers) step *= layer.stride;
  return step;
}

std::int64_t WavLmConfig::receptive_field() const {
  std::int64_t samples = 1;
  for (auto layer = conv_layers.rbegin(); layer != conv_layers.rend(); ++layer)
    samples = (samples - 1) * layer->stride + layer->kernel;
  return samples;
}

std::int64_t WavLmConfig::first_frames() const {
  return frames_after(conv_layers.front(), window_samples);
}

std::int64_t WavLmConfig::frames() const {
  std::int64_t length = window_samples;
  for (const ConvLayer& layer : conv_layers) length = frames_after(layer, length);
  return length;
}

std::int64_t WavLmConfig::valid_frames(std::int64_t valid_samples) const {
  const std::int64_t all = frames(), samples_per_frame = window_samples / all;
  return std::clamp<std::int64_t>((valid_samples + samples_per_frame - 1) / samples_per_frame, 1, all);
}

void WavLmConfig::validate() const {
  validate_convolutions(*this);
  if (dim < 1 || heads < 1 || dim % heads != 0)
    throw InvalidInput(fmt::format(
        "WavLM: encoder_embed_dim: expected a width divisible by encoder_attention_heads, got {} and {}", dim,
        heads));
  if (position_kernel < 1 || position_groups < 1 || dim % position_groups != 0)
    throw InvalidInput(fmt::format(
        "WavLM: expected a positional convolution whose groups divide the width, got kernel {}, {} groups",
        position_kernel, position_groups));
  if (feed_forward < 1 || layers < 1)
    throw InvalidInput(
        fmt::format("WavLM: expected sizes >= 1, got feed-forward {}, layers {}", feed_forward, layers));
  if (buckets < 4 || max_distance <= buckets / 4)
    throw InvalidInput(fmt::format(
        "WavLM: expected at least 4 buckets and a maximum distance above a quarter of them, got {} and {}",
        buckets, max_distance));
  validate_rates(*this);
}

WavLmConfig config_from_state_dict(const io::StateDict& state, std::string_view file,
                                   const WavLmConfig* declared) {
  WavLmConfig config = declared != nullptr ? *declared : WavLmConfig{};
  const std::vector<ConvLayer> known = config.conv_layers;
  config.conv_layers = conv_layers_of(state, file);
  take_strides(config.conv_layers, known, declared != nullptr, file);
  read_shapes(config, state, file);
  if (declared != nullptr) expect_declared(config, *declared, file);
  try {
    config.validate();
  } catch (const InvalidInput& error) {
    throw CheckpointError(fmt::format("{}: {}", file, error.what()));
  }
  return config;
}

}  // namespace qamro::encoders::wavlm
