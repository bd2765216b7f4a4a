#include "qamro/encoders/distillmos/packed.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>

#include "qamro/core/error.h"

namespace qamro::encoders::distillmos {
namespace {

DistillMosOutput join(const std::vector<DistillMosOutput>& windows, const DistillMosConfig& config) {
  const auto gather = [&](auto&& field) {
    std::vector<at::Tensor> tensors;
    for (const DistillMosOutput& window : windows) tensors.push_back(field(window));
    return at::cat(tensors);
  };
  DistillMosOutput all;
  all.mos = gather([](const DistillMosOutput& window) { return window.mos; });
  all.pooled = gather([](const DistillMosOutput& window) { return window.pooled; });
  all.convolved = gather([](const DistillMosOutput& window) { return window.convolved; });
  all.projected = gather([](const DistillMosOutput& window) { return window.projected; });
  all.normalised = gather([](const DistillMosOutput& window) { return window.normalised; });
  for (std::size_t i = 0; i < static_cast<std::size_t>(config.layers); ++i)
    all.layers.push_back(gather([i](const DistillMosOutput& window) { return window.layers[i]; }));
  return all;
}

DistillMosOutput empty(const DistillMosConfig& config) {
  const at::Tensor tokens = at::empty({0, config.tokens, config.dim});
  return {at::empty({0}),
          at::empty({0, config.dim}),
          at::empty({0, config.tokens, config.token_features()}),
          tokens,
          std::vector<at::Tensor>(static_cast<std::size_t>(config.layers), tokens),
          tokens};
}

}  // namespace

PackedDistillMos::PackedDistillMos(DistillMosModule& module, const nn::Arithmetic& arithmetic)
    : config_(module.config()), front_end_(module, arithmetic), transformer_(module, arithmetic) {}

DistillMosOutput PackedDistillMos::forward(const at::Tensor& windows) const {
  check_windows(windows);
  const at::NoGradGuard no_grad;
  std::vector<DistillMosOutput> outputs;
  for (std::int64_t i = 0; i < windows.size(0); ++i) {
    const PackedFrontEnd::Output tokens = front_end_.forward(windows[i].contiguous());
    outputs.push_back(transformer_.forward(tokens.projected));
    outputs.back().convolved = tokens.convolved.unsqueeze(0);
  }
  if (outputs.empty()) return empty(config_);
  return outputs.size() == 1 ? outputs.front() : join(outputs, config_);
}

at::Tensor pad_to_window(std::span<const float> samples) {
  if (samples.size() > static_cast<std::size_t>(DistillMosConfig::kWindowSamples))
    throw InvalidInput(fmt::format("Distill-MOS: expected a window of at most {} samples, got {}",
                                   DistillMosConfig::kWindowSamples, samples.size()));
  at::Tensor window = at::zeros({1, DistillMosConfig::kWindowSamples});
  std::copy(samples.begin(), samples.end(), window.mutable_data_ptr<float>());
  return window;
}

}  // namespace qamro::encoders::distillmos
