#include "qamro/nn/inference_linear.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "qamro/core/error.h"

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

}  // namespace qamro::nn
