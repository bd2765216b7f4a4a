#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <memory>
#include <vector>

#include "qamro/encoders/wavlm/module.h"

namespace qamro::encoders::wavlm {

inline WavLmConfig small_wavlm_config() {
  WavLmConfig config;
  for (ConvLayer& layer : config.conv_layers) layer.channels = 8;
  config.dim = 24;
  config.feed_forward = 40;
  config.layers = 3;
  config.heads = 4;
  config.position_kernel = 16;
  config.position_groups = 2;
  config.buckets = 16;
  config.max_distance = 20;
  config.window_samples = 32000;
  return config;
}

// A small WavLM with random parameters, strong enough that everything has an effect; in inference mode.
inline std::shared_ptr<WavLmModule> small_wavlm(const WavLmConfig& config = small_wavlm_config()) {
  at::manual_seed(5);
  auto module = std::make_shared<WavLmModule>(config);
  const at::NoGradGuard no_grad;
  for (auto& item : module->named_parameters()) {
    at::Tensor& value = item.value();
    const bool is_scale = item.key().ends_with("norm.weight") || item.key().ends_with("0.2.weight") ||
                          item.key().ends_with("weight_g") || item.key().ends_with("grep_a");
    if (is_scale) {
      value.uniform_(0.5, 1.5);
    } else if (value.dim() >= 2) {
      value.normal_(0, 1.0 / std::sqrt(static_cast<double>(value[0].numel())));
    } else {
      value.normal_(0, 0.3);
    }
  }
  module->eval();
  return module;
}

inline at::Tensor noise(std::int64_t samples, std::uint64_t seed = 1) {
  at::manual_seed(seed);
  return at::randn({1, samples}) * 0.1;
}

// Appends zeros up to `length`.
inline at::Tensor padded(const at::Tensor& samples, std::int64_t length) {
  return at::constant_pad_nd(samples, {0, length - samples.size(1)});
}

}  // namespace qamro::encoders::wavlm
