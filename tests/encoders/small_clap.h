#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <memory>

#include "qamro/core/random.h"
#include "qamro/encoders/clap/module.h"

namespace qamro::encoders::clap {

// A CLAP for tests that runs in some milliseconds, with embeddings of 16 numbers and weights that are the
// same on every machine.
inline std::shared_ptr<ClapModule> small_clap(std::uint64_t seed = 1) {
  htsat::HtsatConfig audio;
  audio.dim = 8;
  audio.stages = {{2, 2}, {1, 2}};
  roberta::RobertaConfig text;
  text.vocabulary = 300;
  text.positions = 80;
  text.dim = 24;
  text.feed_forward = 32;
  text.layers = 2;
  auto module = std::make_shared<ClapModule>(std::make_shared<htsat::HtsatModule>(audio),
                                             std::make_shared<roberta::RobertaModule>(text), 16);
  const at::NoGradGuard no_grad;
  Random random(seed);
  const auto fill = [&](const std::string& name, const at::Tensor& tensor) {
    const bool is_scale = tensor.dim() == 1 && name.ends_with("weight");
    const double size =
        is_scale ? 0.1
                 : 1.5 / std::sqrt(static_cast<double>(tensor.numel()) / static_cast<double>(tensor.size(0)));
    auto* values = tensor.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i)
      values[i] = static_cast<float>((is_scale ? 1.0 : 0.0) + size * (2.0 * random.uniform() - 1.0));
  };
  for (const auto& item : module->named_parameters()) fill(item.key(), item.value());
  module->audio_branch->bn0->running_mean.fill_(-30);
  module->audio_branch->bn0->running_var.fill_(400);
  module->eval();
  return module;
}

}  // namespace qamro::encoders::clap
