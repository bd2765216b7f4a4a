#include "qamro/nn/long_convolution.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "qamro/nn/parallel.h"

namespace qamro::nn {

LongConvolution::LongConvolution(const at::Tensor& weight, std::int64_t groups, const Arithmetic& arithmetic)
    : groups_(groups),
      channels_(weight.size(1)),
      outputs_(weight.size(0) / groups),
      kernel_(weight.size(2)),
      step_(kernel_ / 2 + 1),
      length_(kernel_ + step_ - 1),
      rows_(arithmetic.rows) {
  const bool is_product = arithmetic.other == ProductKind::bf16;
  if (is_product)
    products_.resize(static_cast<std::size_t>(groups));
  else
    spectra_ = at::empty({groups, length_ / 2 + 1, channels_, outputs_}, at::kComplexFloat);
  parallel_for(groups, [&](std::int64_t group) {
    const at::NoGradGuard no_grad;
    const at::Tensor own = weight.detach().narrow(0, group * outputs_, outputs_);
    if (is_product)
      products_[static_cast<std::size_t>(group)] =
          InferenceConvolution(own, {}, 1, arithmetic.other, arithmetic, Activation::none);
    else
      spectra_[group].copy_(at::fft_rfft(own, length_).permute({2, 1, 0}).conj());
  });
}

at::Tensor LongConvolution::operator()(const at::Tensor& input, std::int64_t group) const {
  const std::int64_t frames = input.size(0), before = kernel_ / 2;
  const at::Tensor channels = input.narrow(1, group * channels_, channels_);
  if (products_.empty()) return by_transform(channels, group);
  const at::Tensor padded = at::zeros({frames + kernel_ - 1, channels_}, input.options().dtype(rows_));
  padded.narrow(0, before, frames).copy_(channels);
  const at::Tensor output = at::empty({frames, outputs_}, input.options());
  products_[static_cast<std::size_t>(group)].write(padded, output);
  return output;
}

// channels: [frames, in / groups]
at::Tensor LongConvolution::by_transform(const at::Tensor& channels, std::int64_t group) const {
  const std::int64_t frames = channels.size(0), blocks = (frames + step_ - 1) / step_, before = kernel_ / 2;
  const std::int64_t behind = (blocks - 1) * step_ + length_ - frames - before;
  const at::Tensor overlapping =
      at::constant_pad_nd(channels.t(), {before, behind}).unfold(1, length_, step_);
  // [frequencies, blocks, channels]
  const at::Tensor product = at::bmm(at::fft_rfft(overlapping).permute({2, 1, 0}), spectra_[group]);
  const at::Tensor result = at::fft_irfft(product.permute({2, 1, 0}), length_).narrow(2, 0, step_);
  return result.flatten(1).narrow(1, 0, frames).t();
}

}  // namespace qamro::nn
