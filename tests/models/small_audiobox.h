#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/io/safetensors.h"
#include "qamro/models/audiobox/model.h"

namespace qamro::models {

inline encoders::wavlm::WavLmConfig small_audiobox_encoder() {
  encoders::wavlm::WavLmConfig config;
  for (auto& layer : config.conv_layers) layer.channels = 8;
  config.dim = 24;
  config.feed_forward = 40;
  config.layers = 2;
  config.heads = 4;
  config.position_groups = 2;
  return config;
}

// The settings of a Hugging Face folder's config.json.
inline nlohmann::ordered_json small_audiobox_settings() {
  return {{"proj_num_layer", 3},
          {"proj_ln", true},
          {"proj_act_fn", "gelu"},
          {"proj_dropout", 0.0},
          {"nth_layer", 3},
          {"use_weighted_layer_sum", true},
          {"precision", "32"},
          {"normalize_embed", true},
          {"output_dim", 1},
          {"target_transform",
           {{"CE", {{"mean", 5.0}, {"std", 1.5}}},
            {"CU", {{"mean", 6.0}, {"std", 1.25}}},
            {"PC", {{"mean", 3.0}, {"std", 1.75}}},
            {"PQ", {{"mean", 7.0}, {"std", 0.5}}}}}};
}

// A small Audiobox-Aesthetics. Its numbers come from a formula that tools/golden/audiobox_scores.py repeats.
inline io::StateDict small_audiobox_state() {
  io::TensorShapes shapes;
  for (auto& [name, shape] : encoders::wavlm::parameter_shapes(small_audiobox_encoder()))
    shapes.emplace("wavlm_model." + name, shape);
  const heads::AestheticsHeadsOptions heads = {
      .dim = 24, .layers = 3, .projection_layers = 3, .nth_layer = 3};
  for (auto& [name, shape] : heads::parameter_shapes(heads, {"CE", "CU", "PC", "PQ"}))
    shapes.emplace(name, shape);

  std::uint32_t state = 1;
  const auto draw = [&state] {
    state = state * 1664525U + 1013904223U;
    return (state >> 8) / 16777216.0 - 0.5;
  };
  io::StateDict tensors;
  for (const auto& [name, shape] : shapes) {
    at::Tensor tensor = at::empty(shape, at::kFloat);
    const bool is_scale = name.ends_with("weight_g") || name.ends_with("grep_a") ||
                          (shape.size() == 1 && name.ends_with("weight"));
    const double size =
        shape.size() >= 2
            ? 4 / std::sqrt(static_cast<double>(tensor.numel()) / static_cast<double>(shape.front()))
            : 0.6;
    for (auto* value = tensor.data_ptr<float>(); value != tensor.data_ptr<float>() + tensor.numel(); ++value)
      *value = static_cast<float>(is_scale ? 1 + 0.4 * draw() : size * draw());
    tensors.emplace(name, tensor);
  }
  return tensors;
}

// Writes a Hugging Face folder: config.json and model.safetensors. Returns the weights file.
inline std::filesystem::path write_hugging_face_folder(
    const std::filesystem::path& folder, const io::StateDict& state = small_audiobox_state(),
    const nlohmann::ordered_json& settings = small_audiobox_settings()) {
  std::filesystem::create_directories(folder);
  io::save_safetensors(folder / "model.safetensors", state);
  std::ofstream(folder / "config.json") << settings.dump();
  return folder / "model.safetensors";
}

}  // namespace qamro::models
