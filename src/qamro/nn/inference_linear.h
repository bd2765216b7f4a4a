#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <variant>

#include "qamro/nn/dot_product_linear.h"
#include "qamro/nn/integer_linear.h"
#include "qamro/nn/onednn.h"
#include "qamro/nn/precision.h"

namespace qamro::nn {

// y = activation(x Wᵀ + b) in the arithmetic of a precision, by what is fastest here. CPU, no autograd.
class InferenceLinear {
 public:
  InferenceLinear() = default;
  // weight: float32 [out, in]; bias: float32 [out]; block_rows: as of PackedLinear; activation: none or gelu.
  InferenceLinear(const at::Tensor& weight, const at::Tensor& bias, std::int64_t block_rows,
                  Precision precision, Activation activation = Activation::none);
  // input: [rows, in] of any floating type -> [rows, out] of the type that the product gives.
  at::Tensor operator()(const at::Tensor& input) const;
  // The same plus `residual`, float32 [rows, out], as float32; only without activation.
  at::Tensor operator()(const at::Tensor& input, const at::Tensor& residual) const;

 private:
  at::ScalarType type_ = at::kFloat;                    // of the input that the product takes
  Activation remaining_activation_ = Activation::none;  // that the product does not do itself
  std::variant<PackedLinear, IntegerLinear, DotProductLinear> product_;
};

}  // namespace qamro::nn
