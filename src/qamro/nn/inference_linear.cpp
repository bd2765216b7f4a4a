#include "qamro/nn/inference_linear.h"

#include <ATen/ATen.h>

namespace qamro::nn {

InferenceLinear::InferenceLinear(const at::Tensor& weight, const at::Tensor& bias, std::int64_t block_rows,
                                 Precision precision, Activation activation) {
  if (precision == Precision::int8 && has_integer_dot_product()) {
    product_ = DotProductLinear(weight, bias, block_rows);
  } else if (uses_wide_integers(precision)) {
    product_ = IntegerLinear(weight, bias, kWide);
  } else {
    type_ = compute_type(precision);
    product_ =
        PackedLinear(to_precision(weight, precision), to_precision(bias, precision), block_rows, activation);
    return;
  }
  remaining_activation_ = activation;
}

at::Tensor InferenceLinear::operator()(const at::Tensor& input) const {
  at::Tensor output = std::visit([&](const auto& product) { return product(input.to(type_)); }, product_);
  return remaining_activation_ == Activation::gelu ? at::gelu_(output) : output;
}

at::Tensor InferenceLinear::operator()(const at::Tensor& input, const at::Tensor& residual) const {
  at::Tensor output = (*this)(input);
  return output.scalar_type() == at::kFloat ? output.add_(residual) : residual + output;
}

}  // namespace qamro::nn
