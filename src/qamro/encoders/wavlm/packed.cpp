#include "qamro/encoders/wavlm/packed.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "qamro/core/error.h"
#include "qamro/nn/parallel.h"

namespace qamro::encoders::wavlm {
namespace {

void check_samples(const at::Tensor& samples, const WavLmConfig& config) {
  if (samples.dim() != 1 || samples.size(0) < 1 || samples.size(0) > config.window_samples ||
      samples.scalar_type() != at::kFloat)
    throw InvalidInput(fmt::format("WavLM: expected 1 to {} float32 samples, got {} [{}]",
                                   config.window_samples, c10::toString(samples.scalar_type()),
                                   fmt::join(samples.sizes(), ", ")));
}

at::Tensor normalised(const at::Tensor& samples) {
  const nn::SerialRegion serial;  // a sum's order must not depend on the number of threads
  return normalise_rms(samples.unsqueeze(0), std::array{samples.size(0)}).squeeze(0);
}

}  // namespace

PackedWavLm::PackedWavLm(const WavLmModule& module, const nn::Arithmetic& arithmetic,
                         const std::function<void(const at::Tensor&)>& packed)
    : config_(module.config()), front_end_(module, arithmetic), transformer_(module, arithmetic, packed) {}

at::Tensor PackedWavLm::pooled_layers(const at::Tensor& samples) const {
  return run(samples, nullptr);
}

at::Tensor PackedWavLm::pooled_layers(const at::Tensor& samples, WavLmOutput& stages) const {
  stages = {};
  return run(samples, &stages);
}

at::Tensor PackedWavLm::run(const at::Tensor& samples, WavLmOutput* stages) const {
  check_samples(samples, config_);
  const at::NoGradGuard no_grad;
  const at::Tensor plain = samples.contiguous();
  const PackedFrontEnd::Output front = front_end_.forward(config_.normalise_rms ? normalised(plain) : plain);
  if (stages == nullptr) return transformer_.forward(front.projected, nullptr);
  stages->convolved = front.convolved.unsqueeze(0);
  stages->projected = front.projected.unsqueeze(0);
  return transformer_.forward(front.projected, &stages->layers);
}

}  // namespace qamro::encoders::wavlm
