#include "qamro/encoders/wavlm/module.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "qamro/core/error.h"

namespace qamro::encoders::wavlm {
namespace {

void expect_float(const io::StateDict& state, std::string_view file) {
  for (const auto& [name, tensor] : state)
    if (tensor.scalar_type() != at::kFloat)
      throw CheckpointError(fmt::format("{}: tensor '{}': expected {}, got {}", file, name,
                                        c10::toString(at::kFloat), c10::toString(tensor.scalar_type())));
}

void add_linear(io::TensorShapes& shapes, const std::string& name, std::int64_t input, std::int64_t output) {
  shapes.emplace(name + ".weight", std::vector{output, input});
  shapes.emplace(name + ".bias", std::vector{output});
}

void add_norm(io::TensorShapes& shapes, const std::string& name, std::int64_t dim) {
  shapes.emplace(name + ".weight", std::vector{dim});
  shapes.emplace(name + ".bias", std::vector{dim});
}

void add_front_end(io::TensorShapes& shapes, const WavLmConfig& config) {
  const std::string layers = "feature_extractor.conv_layers.";
  std::int64_t input = 1;
  for (std::size_t i = 0; i < config.conv_layers.size(); ++i) {
    const ConvLayer& layer = config.conv_layers[i];
    shapes.emplace(fmt::format("{}{}.0.weight", layers, i), std::vector{layer.channels, input, layer.kernel});
    input = layer.channels;
  }
  add_norm(shapes, layers + "0.2", config.conv_layers.front().channels);
  add_norm(shapes, "layer_norm", input);
  add_linear(shapes, "post_extract_proj", input, config.dim);
}

void add_layer(io::TensorShapes& shapes, const std::string& name, const WavLmConfig& config) {
  const std::string attention = name + ".self_attn.";
  for (const char* projection : {"q_proj", "k_proj", "v_proj", "out_proj"})
    add_linear(shapes, attention + projection, config.dim, config.dim);
  add_linear(shapes, attention + "grep_linear", config.dim / config.heads, 8);
  shapes.emplace(attention + "grep_a", std::vector<std::int64_t>{1, config.heads, 1, 1});
  add_norm(shapes, name + ".self_attn_layer_norm", config.dim);
  add_linear(shapes, name + ".fc1", config.dim, config.feed_forward);
  add_linear(shapes, name + ".fc2", config.feed_forward, config.dim);
  add_norm(shapes, name + ".final_layer_norm", config.dim);
}

}  // namespace

io::TensorShapes parameter_shapes(const WavLmConfig& config) {
  io::TensorShapes shapes;
  shapes.emplace("mask_emb", std::vector{config.dim});
  add_front_end(shapes, config);
  const std::int64_t kernel = config.position_kernel;
  shapes.emplace("encoder.pos_conv.0.weight_g", std::vector<std::int64_t>{1, 1, kernel});
  shapes.emplace("encoder.pos_conv.0.weight_v",
                 std::vector{config.dim, config.dim / config.position_groups, kernel});
  shapes.emplace("encoder.pos_conv.0.bias", std::vector{config.dim});
  add_norm(shapes, "encoder.layer_norm", config.dim);
  shapes.emplace("encoder.layers.0.self_attn.relative_attention_bias.weight",
                 std::vector{config.buckets, config.heads});
  for (std::int64_t i = 0; i < config.layers; ++i)
    add_layer(shapes, fmt::format("encoder.layers.{}", i), config);
  return shapes;
}

io::StateDict state_dict(const WavLmModule& module) {
  io::StateDict state;
  for (const auto& item : module.named_parameters()) state.emplace(item.key(), item.value().detach());
  return state;
}

std::shared_ptr<WavLmModule> module_from_state_dict(const io::StateDict& state, std::string_view file,
                                                    const WavLmConfig* declared) {
  const WavLmConfig config = config_from_state_dict(state, file, declared);
  io::expect_tensors(state, parameter_shapes(config), file);
  expect_float(state, file);
  auto module = std::make_shared<WavLmModule>(config);
  for (auto& item : module->named_parameters()) item.value().set_data(state.at(item.key()).contiguous());
  module->eval();
  return module;
}

}  // namespace qamro::encoders::wavlm
