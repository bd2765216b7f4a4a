#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <memory>

#include "qamro/core/random.h"
#include "qamro/encoders/wavlm/module.h"

namespace qamro::encoders::wavlm {

// A network for training tests that runs in a millisecond: windows of half a second, three outputs of
// 24 numbers.
inline WavLmConfig small_wavlm_config() {
  WavLmConfig config;
  config.conv_layers = {{8, 10, 5}, {8, 4, 4}, {8, 4, 4}, {8, 4, 4}};
  config.dim = 24;
  config.feed_forward = 32;
  config.layers = 2;
  config.heads = 4;
  config.position_kernel = 8;
  config.position_groups = 4;
  config.buckets = 32;
  config.window_samples = 8000;
  return config;
}

// Its weights are the same on every machine.
inline std::shared_ptr<WavLmModule> small_wavlm(std::uint64_t seed = 1) {
  auto module = std::make_shared<WavLmModule>(small_wavlm_config());
  const at::NoGradGuard no_grad;
  Random random(seed);
  for (const auto& item : module->named_parameters()) {
    const at::Tensor& tensor = item.value();
    const bool is_scale = item.key().ends_with("norm.weight") || item.key().ends_with("0.2.weight") ||
                          item.key().ends_with("weight_g");
    const double size =
        1.5 / std::sqrt(static_cast<double>(tensor.numel()) / static_cast<double>(tensor.size(0)));
    auto* values = tensor.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i)
      values[i] = static_cast<float>((is_scale ? 1.0 : 0.0) +
                                     size * (2.0 * random.uniform() - 1.0) * (is_scale ? 0.1 : 1.0));
  }
  return module;
}

}  // namespace qamro::encoders::wavlm
