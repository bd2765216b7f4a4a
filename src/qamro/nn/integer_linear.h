#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "qamro/nn/integer_product.h"

namespace qamro::nn {

// x Wᵀ + b by way of integers (integer_product.h). A row's result depends on that row alone. CPU, inference
// only, no autograd. Thread-safe.
class IntegerLinear {
 public:
  IntegerLinear() = default;
  // weight: float32 [out, in]; bias: float32 [out].
  IntegerLinear(const at::Tensor& weight, const at::Tensor& bias, const IntegerWidth& width);
  // input: float32 [rows, in] -> float32 [rows, out]
  at::Tensor operator()(const at::Tensor& input) const;

 private:
  IntegerWidth width_;
  std::shared_ptr<const IntegerWeight> weight_;
  at::Tensor bias_;
};

// A one-dimensional convolution without padding or bias, then GELU, by way of integers.
class IntegerConvolution {
 public:
  // weight: float32 [out, in, kernel], in even.
  IntegerConvolution(const at::Tensor& weight, std::int64_t stride, const IntegerWidth& width);
  // input: float32 [1, in, 1, time], channels last, all of one scale -> float32 [1, out, 1, time'], channels
  // last.
  at::Tensor operator()(const at::Tensor& input) const;

 private:
  IntegerWidth width_;
  std::int64_t kernel_, stride_;
  std::shared_ptr<const IntegerWeight> weight_;
};

}  // namespace qamro::nn
