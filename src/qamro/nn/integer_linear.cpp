#include "qamro/nn/integer_linear.h"

#include <ATen/ATen.h>

namespace qamro::nn {
namespace {

std::shared_ptr<const IntegerWeight> pack(const at::Tensor& weight, const IntegerWidth& width) {
  const at::Tensor plain = weight.detach().contiguous();
  return std::make_shared<const IntegerWeight>(plain.const_data_ptr<float>(), plain.size(0), plain.size(1),
                                               width);
}

}  // namespace

IntegerLinear::IntegerLinear(const at::Tensor& weight, const at::Tensor& bias, const IntegerWidth& width)
    : width_(width), weight_(pack(weight, width)), bias_(bias.detach().clone()) {}

at::Tensor IntegerLinear::operator()(const at::Tensor& input) const {
  const at::Tensor plain = input.contiguous();
  const IntegerRows rows = to_integers(plain.const_data_ptr<float>(), plain.size(0), plain.size(1), width_);
  at::Tensor output = at::empty({plain.size(0), weight_->outputs()}, plain.options());
  weight_->multiply(rows, bias_.const_data_ptr<float>(), output.mutable_data_ptr<float>());
  return output;
}

// A row of the product is a kernel's time steps one behind the other, as they lie in the input.
IntegerConvolution::IntegerConvolution(const at::Tensor& weight, std::int64_t stride,
                                       const IntegerWidth& width)
    : width_(width),
      kernel_(weight.size(2)),
      stride_(stride),
      weight_(pack(weight.transpose(1, 2).flatten(1), width)) {}

at::Tensor IntegerConvolution::operator()(const at::Tensor& input) const {
  const at::Tensor sequence = input.permute({0, 2, 3, 1}).contiguous();  // [1, 1, time, in]
  const IntegerRows rows = to_overlapping_integers(sequence.const_data_ptr<float>(), sequence.size(2),
                                                   sequence.size(3), kernel_, stride_, width_);
  at::Tensor output =
      at::empty({1, 1, static_cast<std::int64_t>(rows.scales.size()), weight_->outputs()}, input.options());
  weight_->multiply(rows, nullptr, output.mutable_data_ptr<float>());
  return at::gelu_(output).permute({0, 3, 1, 2});
}

}  // namespace qamro::nn
