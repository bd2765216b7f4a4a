#include "qamro/nn/long_convolution.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "qamro/nn/parallel.h"

namespace qamro::nn {

LongConvolution::LongConvolution(const at::Tensor& weight, std::int64_t groups)
    : kernel_(weight.size(2)), step_(kernel_ / 2 + 1), length_(kernel_ + step_ - 1) {
  const std::int64_t outputs = weight.size(0) / groups;
  spectra_ = at::empty({groups, length_ / 2 + 1, weight.size(1), outputs}, at::kComplexFloat);
  parallel_for(groups, [&](std::int64_t group) {
    const at::NoGradGuard no_grad;
    const at::Tensor spectrum = at::fft_rfft(weight.detach().narrow(0, group * outputs, outputs), length_);
    spectra_[group].copy_(spectrum.permute({2, 1, 0}).conj());
  });
}

at::Tensor LongConvolution::operator()(const at::Tensor& input, std::int64_t group) const {
  const at::Tensor spectrum = spectra_[group];
  const std::int64_t frames = input.size(0), blocks = (frames + step_ - 1) / step_, before = kernel_ / 2;
  const std::int64_t behind = (blocks - 1) * step_ + length_ - frames - before;
  const at::Tensor channels = input.narrow(1, group * spectrum.size(1), spectrum.size(1)).t();
  const at::Tensor overlapping = at::constant_pad_nd(channels, {before, behind}).unfold(1, length_, step_);
  // [frequencies, blocks, channels]
  const at::Tensor product = at::bmm(at::fft_rfft(overlapping).permute({2, 1, 0}), spectrum);
  const at::Tensor result = at::fft_irfft(product.permute({2, 1, 0}), length_).narrow(2, 0, step_);
  return result.flatten(1).narrow(1, 0, frames).t();
}

}  // namespace qamro::nn
