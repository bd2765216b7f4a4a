#include "qamro/encoders/wavlm/packed_front_end.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <ranges>

#include "qamro/nn/integer_linear.h"
#include "qamro/nn/parallel.h"

namespace qamro::encoders::wavlm {
namespace {

at::Tensor fit_samples(const at::Tensor& samples, std::int64_t length) {
  if (samples.size(0) >= length) return samples.narrow(0, 0, length);
  return at::constant_pad_nd(samples, {0, length - samples.size(0)});
}

bool uses_integers(const at::Tensor& weight, nn::Precision precision) {
  return nn::uses_wide_integers(precision) && weight.size(1) % 2 == 0;
}

// Of the outputs of each convolution that so many frames need.
std::vector<std::int64_t> lengths_for(std::int64_t frames, const std::vector<ConvLayer>& layers) {
  std::vector<std::int64_t> lengths(layers.size(), frames);
  for (std::size_t i = layers.size(); --i > 0;)
    lengths[i - 1] = (lengths[i] - 1) * layers[i].stride + layers[i].kernel;
  return lengths;
}

}  // namespace

PackedFrontEnd::PackedFrontEnd(const WavLmModule& module, nn::Precision precision)
    : config_(module.config()),
      precision_(precision),
      first_weight_(module.convolutions.front().detach().flatten(1).to(at::kDouble)),
      first_scale_(module.first_norm->weight.detach().to(at::kDouble)),
      first_shift_(module.first_norm->bias.detach().to(at::kDouble)),
      takes_any_length_(
          std::ranges::all_of(module.convolutions | std::views::drop(1),
                              [&](const auto& weight) { return uses_integers(weight, precision); })),
      norm_weight_(module.layer_norm->weight.detach().clone()),
      norm_bias_(module.layer_norm->bias.detach().clone()),
      projection_(nn::to_precision(module.post_extract_proj->weight, precision),
                  nn::to_precision(module.post_extract_proj->bias, precision), kBlockFrames) {
  const auto& layers = config_.conv_layers;
  convolutions_.resize(layers.size() - 1);
  const std::vector<std::int64_t> lengths = lengths_for(kBlockFrames, layers);
  nn::parallel_for(std::ssize(convolutions_), [&](std::int64_t index) {
    const at::NoGradGuard no_grad;
    const auto i = static_cast<std::size_t>(index);
    convolutions_[i] = pack(module.convolutions[i + 1].detach(), layers[i + 1].stride, lengths[i]);
  });
}

// length: of the inputs, [1, channels, 1, length], channels last.
PackedFrontEnd::Convolution PackedFrontEnd::pack(const at::Tensor& weight, std::int64_t stride,
                                                 std::int64_t length) const {
  if (uses_integers(weight, precision_)) return nn::IntegerConvolution(weight, stride, nn::kWide);
  return nn::PackedConvolution(nn::to_precision(weight, precision_).unsqueeze(2), {},
                               {1, weight.size(1), 1, length}, {{1, stride}, nn::Activation::gelu});
}

// The first convolution with its normalisation over the zero-padded window. Silence behind the samples adds
// nothing to a patch's sums.
nn::PackedConvolution PackedFrontEnd::normalised_first(const at::Tensor& samples) const {
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
  return {nn::to_precision(weight, precision_).view({-1, 1, 1, first.kernel}),
          nn::to_precision(shift.to(at::kFloat), precision_),
          {1, 1, 1, config_.samples_of(kBlockFrames)},
          {{1, first.stride}, nn::Activation::gelu}};
}

void PackedFrontEnd::compute_block(const nn::PackedConvolution& first, const at::Tensor& samples,
                                   const Output& output, std::int64_t block) const {
  const at::NoGradGuard no_grad;
  const std::int64_t row = block * kBlockFrames;
  const std::int64_t count = std::min(kBlockFrames, output.convolved.size(0) - row);
  const at::Tensor seen = samples.narrow(0, row * config_.frame_step(), config_.samples_of(kBlockFrames));
  // [1, channels, 1, time], channels last
  at::Tensor image = first(seen.view({1, 1, -1, 1}).permute({0, 3, 1, 2}).to(nn::compute_type(precision_)));
  if (takes_any_length_) image = image.narrow(3, 0, lengths_for(count, config_.conv_layers).front());
  for (const Convolution& convolution : convolutions_) image = convolution(image);
  const at::Tensor convolved = image.permute({0, 2, 3, 1}).flatten(0, 2).narrow(0, 0, count).to(at::kFloat);
  const at::Tensor normalised =
      at::layer_norm(convolved, norm_weight_.sizes(), norm_weight_, norm_bias_, WavLmConfig::kNormEpsilon);
  output.convolved.narrow(0, row, count).copy_(convolved);
  output.projected.narrow(0, row, count).copy_(projection_(normalised.to(nn::compute_type(precision_))));
}

PackedFrontEnd::Output PackedFrontEnd::forward(const at::Tensor& samples) const {
  const std::int64_t frames = config_.valid_frames(samples.size(0));
  const std::int64_t blocks = (frames + kBlockFrames - 1) / kBlockFrames;
  const Output output = {at::empty({frames, config_.conv_layers.back().channels}),
                         at::empty({frames, config_.dim})};
  const nn::PackedConvolution first = normalised_first(samples);
  const at::Tensor padded = fit_samples(samples, config_.samples_of(blocks * kBlockFrames));
  nn::parallel_for(blocks, [&](std::int64_t block) { compute_block(first, padded, output, block); });
  return output;
}

}  // namespace qamro::encoders::wavlm
