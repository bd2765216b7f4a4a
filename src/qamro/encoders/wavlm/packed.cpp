#include "qamro/encoders/wavlm/packed.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "qamro/core/error.h"
#include "qamro/nn/parallel.h"

namespace qamro::encoders::wavlm {
namespace {

at::Tensor fit_samples(const at::Tensor& samples, std::int64_t length) {
  if (samples.size(0) >= length) return samples.narrow(0, 0, length);
  return at::constant_pad_nd(samples, {0, length - samples.size(0)});
}

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

PackedFrontEnd::PackedFrontEnd(const WavLmModule& module, const nn::Arithmetic& arithmetic)
    : config_(module.config()),
      arithmetic_(arithmetic),
      first_weight_(module.convolutions.front().detach().flatten(1).to(at::kDouble)),
      first_scale_(module.first_norm->weight.detach().to(at::kDouble)),
      first_shift_(module.first_norm->bias.detach().to(at::kDouble)),
      convolutions_(config_.conv_layers.size() - 1),
      norm_(module.layer_norm->weight, module.layer_norm->bias, arithmetic, WavLmConfig::kNormEpsilon),
      projection_(nn::InferenceLinear::other(module.post_extract_proj->weight, module.post_extract_proj->bias,
                                             arithmetic)) {
  nn::parallel_for(std::ssize(convolutions_), [&](std::int64_t index) {
    const at::NoGradGuard no_grad;
    const auto i = static_cast<std::size_t>(index);
    convolutions_[i] = {module.convolutions[i + 1].detach(),
                        {},
                        config_.conv_layers[i + 1].stride,
                        arithmetic.convolution,
                        arithmetic,
                        nn::Activation::gelu};
  });
}

// The first convolution with its normalisation over the zero-padded window. Silence after the samples adds
// nothing to the sums over patches.
nn::InferenceConvolution PackedFrontEnd::normalised_first(const at::Tensor& samples) const {
  const nn::SerialRegion serial;  // a sum's order must not depend on the number of threads
  const ConvLayer& first = config_.conv_layers.front();
  const auto all = static_cast<double>(config_.first_frames());
  const std::int64_t felt = std::min(config_.first_frames(), (samples.size(0) - 1) / first.stride + 1);
  const at::Tensor patches = fit_samples(samples, first.stride * (felt - 1) + first.kernel)
                                 .to(at::kDouble)
                                 .unfold(0, first.kernel, first.stride)
                                 .contiguous();
  const at::Tensor mean = patches.sum(0) / all;
  const at::Tensor covariance = at::mm(patches.t(), patches) / all - at::outer(mean, mean);
  const at::Tensor variance = (at::mm(first_weight_, covariance) * first_weight_).sum(1).clamp_min(0);
  const at::Tensor scale = first_scale_ * at::rsqrt(variance + WavLmConfig::kNormEpsilon);
  const at::Tensor shift = first_shift_ - at::mv(first_weight_, mean) * scale;
  const at::Tensor weight = (first_weight_ * scale.unsqueeze(1)).to(at::kFloat);
  return {weight.view({-1, 1, first.kernel}),
          shift,
          first.stride,
          arithmetic_.other,
          arithmetic_,
          nn::Activation::gelu};
}

void PackedFrontEnd::compute_block(const nn::InferenceConvolution& first, const at::Tensor& samples,
                                   const Output& output, std::int64_t block) const {
  const at::NoGradGuard no_grad;
  const std::int64_t row = block * kBlockFrames;
  const std::int64_t count = std::min(kBlockFrames, output.convolved.size(0) - row);
  // [time, channels]
  at::Tensor sequence = first(samples.narrow(0, row * config_.frame_step(), config_.samples_of(count)));
  for (std::size_t i = 0; i + 1 < convolutions_.size(); ++i) sequence = convolutions_[i](sequence);
  const at::Tensor convolved = output.convolved.narrow(0, row, count);
  convolutions_.back().write(sequence, convolved);
  projection_.write(norm_.rounded(convolved), output.projected.narrow(0, row, count));
}

PackedFrontEnd::Output PackedFrontEnd::forward(const at::Tensor& samples) const {
  const std::int64_t frames = config_.valid_frames(samples.size(0));
  const std::int64_t blocks = (frames + kBlockFrames - 1) / kBlockFrames;
  const Output output = {at::empty({frames, config_.conv_layers.back().channels}),
                         at::empty({frames, config_.dim})};
  const nn::InferenceConvolution first = normalised_first(samples);
  // [time, 1]
  const at::Tensor padded =
      fit_samples(samples, config_.samples_of(blocks * kBlockFrames)).to(arithmetic_.rows).unsqueeze(1);
  nn::parallel_for(blocks, [&](std::int64_t block) { compute_block(first, padded, output, block); });
  return output;
}

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
