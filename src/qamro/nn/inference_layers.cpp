#include "qamro/nn/inference_layers.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include "qamro/core/error.h"
#include "qamro/nn/parallel.h"

namespace qamro::nn {
namespace {

at::Tensor own_bias(const at::Tensor& bias) {
  return bias.defined() ? bias.detach().to(at::kFloat).clone() : bias;
}

// Kernels see bare memory, so their arguments are checked here, the same way on every processor.
void check_rows(const at::Tensor& rows, const char* what, std::int64_t width, at::ScalarType type) {
  if (rows.dim() != 2 || rows.size(1) != width || rows.scalar_type() != type ||
      (rows.size(0) > 1 && rows.stride(0) < width) || (width > 1 && rows.stride(1) != 1))
    throw InvalidInput(fmt::format("product: expected {} of type {} [rows, {}], got {} [{}], strides [{}]",
                                   what, c10::toString(type), width, c10::toString(rows.scalar_type()),
                                   fmt::join(rows.sizes(), ", "), fmt::join(rows.strides(), ", ")));
}

RowFinish finish_to(const at::Tensor& output, const at::Tensor& bias, Activation activation) {
  RowFinish to;
  to.bias = bias.defined() ? bias.const_data_ptr<float>() : nullptr;
  to.activation = activation;
  to.target.stride = output.stride(0);
  if (output.scalar_type() == at::kFloat)
    to.target.exact = output.mutable_data_ptr<float>();
  else
    to.target.rounded = static_cast<std::uint16_t*>(output.mutable_data_ptr());
  return to;
}

}  // namespace

Affine Affine::chain(const Affine& first, const Affine& second) {
  return {first.scale * second.scale, first.shift * second.scale + second.shift};
}

Affine inference_affine(const torch::nn::BatchNorm1dImpl& norm) {
  if (!norm.running_mean.defined() || !norm.running_var.defined())
    throw InvalidInput("BatchNorm: expected running statistics, got none");
  const at::NoGradGuard no_grad;
  const at::Tensor deviation = at::sqrt(norm.running_var.to(at::kDouble) + norm.options.eps());
  const at::Tensor scale = norm.weight.to(at::kDouble) / deviation;
  return {scale, norm.bias.to(at::kDouble) - norm.running_mean.to(at::kDouble) * scale};
}

FoldedLinear fold(const Affine& affine, const torch::nn::LinearImpl& linear) {
  const at::NoGradGuard no_grad;
  const at::Tensor weight = linear.weight.to(at::kDouble);
  return {weight * affine.scale, linear.bias.to(at::kDouble) + at::mv(weight, affine.shift)};
}

InferenceLinear::InferenceLinear(const at::Tensor& weight, const at::Tensor& bias,
                                 const Arithmetic& arithmetic, Activation activation)
    : product_(make_row_product({weight, 1, arithmetic.rows}, arithmetic.linear, arithmetic.processor)),
      inputs_(weight.size(1)),
      outputs_(weight.size(0)),
      bias_(own_bias(bias)),
      activation_(activation),
      rows_(arithmetic.rows) {}

InferenceLinear InferenceLinear::other(const at::Tensor& weight, const at::Tensor& bias,
                                       Arithmetic arithmetic, Activation activation) {
  arithmetic.linear = arithmetic.other;
  return {weight, bias, arithmetic, activation};
}

void InferenceLinear::run(const at::Tensor& input, const at::Tensor* residual,
                          const at::Tensor& output) const {
  check_rows(input, "rows", inputs_, rows_);
  RowFinish to = finish_to(output, bias_, activation_);
  if (residual != nullptr) {
    check_rows(*residual, "a residual", outputs_, at::kFloat);
    to.residual = residual->const_data_ptr<float>();
    to.residual_stride = residual->stride(0);
  }
  product_->multiply({input.const_data_ptr(), input.size(0), input.stride(0)}, to);
}

at::Tensor InferenceLinear::operator()(const at::Tensor& input) const {
  const at::Tensor output = at::empty({input.size(0), outputs_}, input.options());
  run(input, nullptr, output);
  return output;
}

void InferenceLinear::write(const at::Tensor& input, const at::Tensor& output) const {
  check_rows(output, "results", outputs_, output.scalar_type() == at::kFloat ? at::kFloat : rows_);
  run(input, nullptr, output);
}

at::Tensor InferenceLinear::add(const at::Tensor& input, const at::Tensor& residual) const {
  const at::Tensor output = at::empty({input.size(0), outputs_}, residual.options());
  add(input, residual, output);
  return output;
}

void InferenceLinear::add(const at::Tensor& input, const at::Tensor& residual,
                          const at::Tensor& output) const {
  check_rows(output, "a sum", outputs_, at::kFloat);
  run(input, &residual, output);
}

InferenceConvolution::InferenceConvolution(const at::Tensor& weight, const at::Tensor& bias,
                                           std::int64_t stride, ProductKind kind,
                                           const Arithmetic& arithmetic, Activation activation)
    : product_(make_row_product(
          {weight.detach().transpose(1, 2).flatten(1).contiguous(), weight.size(2), arithmetic.rows}, kind,
          arithmetic.processor)),
      channels_(weight.size(1)),
      kernel_(weight.size(2)),
      stride_(stride),
      outputs_(weight.size(0)),
      bias_(own_bias(bias)),
      activation_(activation),
      rows_(arithmetic.rows) {}

// Time steps of the result.
std::int64_t InferenceConvolution::steps(const at::Tensor& input) const {
  if (input.size(0) < kernel_)
    throw InvalidInput(
        fmt::format("convolution: expected at least {} steps, got {}", kernel_, input.size(0)));
  return (input.size(0) - kernel_) / stride_ + 1;
}

at::Tensor InferenceConvolution::operator()(const at::Tensor& input) const {
  const at::Tensor output = at::empty({steps(input), outputs_}, input.options());
  write(input, output);
  return output;
}

void InferenceConvolution::write(const at::Tensor& input, const at::Tensor& output) const {
  check_rows(input, "a sequence", channels_, rows_);
  check_rows(output, "results", outputs_, output.scalar_type() == at::kFloat ? at::kFloat : rows_);
  if (!input.is_contiguous() || output.size(0) != steps(input))
    throw InvalidInput(fmt::format("convolution: expected contiguous steps, and {} of results, got {}",
                                   steps(input), output.size(0)));
  product_->multiply({input.const_data_ptr(), output.size(0), stride_ * channels_},
                     finish_to(output, bias_, activation_));
}

InferenceNorm::InferenceNorm(const at::Tensor& weight, const at::Tensor& bias, const Arithmetic& arithmetic,
                             double epsilon)
    : weight_(weight.detach().clone()),
      bias_(bias.detach().clone()),
      epsilon_(static_cast<float>(epsilon)),
      is_plain_(arithmetic.processor.is_plain),
      rows_(arithmetic.rows) {}

void InferenceNorm::run(const at::Tensor& rows, const RowTarget& to) const {
  if (rows.dim() != 2 || rows.scalar_type() != at::kFloat || rows.size(1) != weight_.size(0) ||
      rows.stride(1) != 1)
    throw InvalidInput(fmt::format("norm: expected float32 [rows, {}], got {} [{}]", weight_.size(0),
                                   c10::toString(rows.scalar_type()), fmt::join(rows.sizes(), ", ")));
  row_kernels(is_plain_).normalise(rows.const_data_ptr<float>(), rows.stride(0), rows.size(0), rows.size(1),
                                   weight_.const_data_ptr<float>(), bias_.const_data_ptr<float>(), epsilon_,
                                   to);
}

NormalisedRows InferenceNorm::operator()(const at::Tensor& rows) const {
  const at::Tensor exact = at::empty(rows.sizes(), rows.options());
  return {exact, write(rows, exact)};
}

at::Tensor InferenceNorm::write(const at::Tensor& rows, const at::Tensor& exact) const {
  RowTarget to = {exact.mutable_data_ptr<float>(), nullptr, rows.size(1)};
  if (exact.sizes() != rows.sizes() || !exact.is_contiguous())
    throw InvalidInput("norm: expected contiguous results of the rows' shape");
  if (rows_ == at::kFloat) {
    run(rows, to);
    return exact;
  }
  const at::Tensor rounded = at::empty(rows.sizes(), rows.options().dtype(rows_));
  to.rounded = static_cast<std::uint16_t*>(rounded.mutable_data_ptr());
  run(rows, to);
  return rounded;
}

at::Tensor InferenceNorm::rounded(const at::Tensor& rows) const {
  if (rows_ == at::kFloat) return write(rows, at::empty(rows.sizes(), rows.options()));
  const at::Tensor rounded = at::empty(rows.sizes(), rows.options().dtype(rows_));
  run(rows, {nullptr, static_cast<std::uint16_t*>(rounded.mutable_data_ptr()), rows.size(1)});
  return rounded;
}

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
