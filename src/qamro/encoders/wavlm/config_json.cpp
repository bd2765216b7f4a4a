#include "qamro/encoders/wavlm/config.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>

#include "qamro/core/error.h"
#include "qamro/io/json_reader.h"

namespace qamro::encoders::wavlm {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaximumConvLayers = 100;
constexpr std::int64_t kWidestWavLm = 1 << 16;
constexpr io::NumberRange kRate = {0, 1, false, /*without_high=*/true};

// Reads Python's notation of the convolutions from left to right.
class ConvLayerText {
 public:
  explicit ConvLayerText(const std::string& text) : text_(text) {}

  std::vector<ConvLayer> parse() {
    std::vector<ConvLayer> layers;
    do {
      const std::vector<ConvLayer> list = parse_list();
      const std::int64_t times = take('*') ? number() : 1;
      if (times < 0 || static_cast<std::size_t>(times) > kMaximumConvLayers) fail();
      for (std::int64_t i = 0; i < times; ++i) layers.insert(layers.end(), list.begin(), list.end());
      if (layers.size() > kMaximumConvLayers) fail();
    } while (take('+'));
    skip_spaces();
    if (position_ != text_.size()) fail();
    return layers;
  }

 private:
  std::vector<ConvLayer> parse_list() {
    std::vector<ConvLayer> list;
    expect('[');
    while (!take(']')) {
      list.push_back(parse_triple());
      if (list.size() > kMaximumConvLayers) fail();
      if (!take(',')) {
        expect(']');
        break;
      }
    }
    return list;
  }

  ConvLayer parse_triple() {
    ConvLayer layer;
    expect('(');
    layer.channels = number();
    expect(',');
    layer.kernel = number();
    expect(',');
    layer.stride = number();
    expect(')');
    return layer;
  }

  std::int64_t number() {
    skip_spaces();
    std::int64_t value = 0;
    const char* begin = text_.data() + position_;
    const auto result = std::from_chars(begin, text_.data() + text_.size(), value);
    if (result.ec != std::errc() || value < 0) fail();
    position_ += static_cast<std::size_t>(result.ptr - begin);
    return value;
  }

  void skip_spaces() {
    while (position_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[position_])) != 0)
      ++position_;
  }
  bool take(char c) {
    skip_spaces();
    if (position_ == text_.size() || text_[position_] != c) return false;
    ++position_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail();
  }
  [[noreturn]] void fail() const {
    throw InvalidInput(fmt::format(
        "conv_feature_layers: expected lists of (channels, kernel, stride) such as '[(512,10,5)] + [(512,3,2)] * 4', at most {} in all, got '{}' (at character {})",
        kMaximumConvLayers, text_.substr(0, 200), position_ + 1));
  }

  const std::string& text_;
  std::size_t position_ = 0;
};

// `otherwise` is the reference's default.
template <typename T>
void expect(const io::JsonSettings& settings, std::string_view file, const char* key, const T& expected,
            const T& otherwise) {
  const T found = settings.optional<T>(key, otherwise);
  if (found != expected)
    throw CheckpointError(
        fmt::format("{}: {}: expected {}, got {}: qamro does not support this variant of WavLM", file, key,
                    Json(expected).dump(), Json(found).dump(-1, ' ', false, Json::error_handler_t::replace)));
}

void expect_base_variant(const io::JsonSettings& settings, std::string_view file) {
  expect<std::string>(settings, file, "extractor_mode", "default", "default");
  expect<std::string>(settings, file, "activation_fn", "gelu", "gelu");
  expect(settings, file, "layer_norm_first", false, false);
  expect(settings, file, "conv_bias", false, false);
  expect(settings, file, "normalize", false, false);
  expect(settings, file, "relative_position_embedding", true, false);
  expect(settings, file, "gru_rel_pos", true, false);
}

}  // namespace

std::vector<ConvLayer> parse_conv_layers(const std::string& text) {
  return ConvLayerText(text).parse();
}

std::string conv_layers_text(const std::vector<ConvLayer>& layers) {
  std::string text;
  for (const ConvLayer& layer : layers)
    text += fmt::format("{}({},{},{})", text.empty() ? "" : ", ", layer.channels, layer.kernel, layer.stride);
  return "[" + text + "]";
}

WavLmConfig config_from_json(const Json& json, std::string_view file) {
  const io::JsonSettings settings(json, std::string(file));
  expect_base_variant(settings, file);
  WavLmConfig config;
  config.dim = settings.optional_in_range("encoder_embed_dim", 1, kWidestWavLm, 768);
  config.feed_forward = settings.optional_in_range("encoder_ffn_embed_dim", 1, kWidestWavLm, 3072);
  config.layers = settings.optional_in_range("encoder_layers", 1, 1000, 12);
  config.heads = settings.optional_in_range("encoder_attention_heads", 1, 1024, 12);
  config.position_kernel = settings.optional_in_range("conv_pos", 1, kWidestWavLm, 128);
  config.position_groups = settings.optional_in_range("conv_pos_groups", 1, kWidestWavLm, 16);
  config.buckets = settings.optional_in_range("num_buckets", 4, kWidestWavLm, 320);
  config.max_distance = settings.optional_in_range("max_distance", 2, 1'000'000, 1280);
  config.window_samples =
      settings.optional_in_range("window_samples", 1, WavLmConfig::kLongestWindow, config.window_samples);
  config.normalise_rms = settings.optional<bool>("normalise_rms", false);
  config.dropout = settings.optional_in_range("dropout", kRate, 0.1);
  config.attention_dropout = settings.optional_in_range("attention_dropout", kRate, 0.1);
  config.activation_dropout = settings.optional_in_range("activation_dropout", kRate, 0.0);
  config.input_dropout = settings.optional_in_range("dropout_input", kRate, 0.0);
  config.layer_dropout = settings.optional_in_range("encoder_layerdrop", kRate, 0.0);
  config.feature_gradient_scale = settings.optional_in_range("feature_grad_mult", {0, 1}, 1.0);
  try {
    config.conv_layers = parse_conv_layers(
        settings.optional<std::string>("conv_feature_layers", conv_layers_text(published_conv_layers())));
    config.validate();
  } catch (const InvalidInput& error) {
    throw CheckpointError(fmt::format("{}: {}", file, error.what()));
  }
  return config;
}

Json to_json(const WavLmConfig& config) {
  return {{"extractor_mode", "default"},
          {"layer_norm_first", false},
          {"activation_fn", "gelu"},
          {"conv_feature_layers", conv_layers_text(config.conv_layers)},
          {"conv_bias", false},
          {"encoder_embed_dim", config.dim},
          {"encoder_ffn_embed_dim", config.feed_forward},
          {"encoder_layers", config.layers},
          {"encoder_attention_heads", config.heads},
          {"conv_pos", config.position_kernel},
          {"conv_pos_groups", config.position_groups},
          {"relative_position_embedding", true},
          {"gru_rel_pos", true},
          {"num_buckets", config.buckets},
          {"max_distance", config.max_distance},
          {"normalize", false},
          {"window_samples", config.window_samples},
          {"normalise_rms", config.normalise_rms},
          {"dropout", config.dropout},
          {"attention_dropout", config.attention_dropout},
          {"activation_dropout", config.activation_dropout},
          {"dropout_input", config.input_dropout},
          {"encoder_layerdrop", config.layer_dropout},
          {"feature_grad_mult", config.feature_gradient_scale}};
}

}  // namespace qamro::encoders::wavlm
