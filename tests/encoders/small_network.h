#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <memory>
#include <utility>
#include <vector>

#include "qamro/encoders/distillmos/module.h"

namespace qamro::encoders::distillmos {

// A small Distill-MOS with random parameters and running statistics, in inference mode.
inline std::shared_ptr<DistillMosModule> small_network(std::vector<std::int64_t> channels = {16, 16, 32, 32,
                                                                                             16, 16}) {
  at::manual_seed(11);
  DistillMosConfig config;
  config.channels = std::move(channels);
  config.dim = 24;
  config.feed_forward = 40;
  config.layers = 2;
  config.pool_hidden = 12;
  auto module = std::make_shared<DistillMosModule>(config);
  const at::NoGradGuard no_grad;
  for (torch::nn::BatchNorm1d norm : {module->norm_input, module->norm, module->norm_trans}) {
    norm->weight.uniform_(0.5, 1.5);
    norm->bias.normal_();
    norm->running_mean.normal_();
    norm->running_var.uniform_(0.2, 2);
  }
  for (torch::nn::Conv2d& convolution : module->convolutions) convolution->bias.normal_(0, 0.3);
  module->eval();
  return module;
}

// Noise in the first `samples` samples of a window, then zeros.
inline at::Tensor noise_window(std::int64_t samples, std::uint64_t seed = 1) {
  at::manual_seed(seed);
  at::Tensor window = at::randn({1, DistillMosConfig::kWindowSamples}) * 0.1;
  window.narrow(1, samples, window.size(1) - samples).zero_();
  return window;
}

}  // namespace qamro::encoders::distillmos
