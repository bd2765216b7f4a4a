#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "qamro/nn/arithmetic.h"
#include "qamro/nn/row_product.h"

namespace qamro::nn {

// y = activation(x Wᵀ + b) in a given arithmetic. A row's bits depend on that row alone. CPU, inference only,
// on the calling thread; no autograd. Thread-safe.
//
// Input and output rows have the arithmetic's type (Arithmetic::rows); sums with a residual are float32.
// Every call throws InvalidInput for rows of another type or width.
class InferenceLinear {
 public:
  InferenceLinear() = default;
  // weight: float32 [out, in]; bias: float32 [out].
  InferenceLinear(const at::Tensor& weight, const at::Tensor& bias, const Arithmetic& arithmetic,
                  Activation activation = Activation::none);
  // The same with the product kind Arithmetic::other, for layers outside the Transformer.
  static InferenceLinear other(const at::Tensor& weight, const at::Tensor& bias, Arithmetic arithmetic,
                               Activation activation = Activation::none);

  // input: [rows, in] -> [rows, out]
  at::Tensor operator()(const at::Tensor& input) const;
  // Writes to `output`, [rows, out] of the arithmetic's type or float32; its rows need not be contiguous.
  void write(const at::Tensor& input, const at::Tensor& output) const;
  // Returns, or writes to `output`, the result plus `residual`, float32 [rows, out], as float32.
  at::Tensor add(const at::Tensor& input, const at::Tensor& residual) const;
  void add(const at::Tensor& input, const at::Tensor& residual, const at::Tensor& output) const;

 private:
  void run(const at::Tensor& input, const at::Tensor* residual, const at::Tensor& output) const;

  std::shared_ptr<const RowProduct> product_;
  std::int64_t inputs_ = 0, outputs_ = 0;
  at::Tensor bias_;
  Activation activation_ = Activation::none;
  at::ScalarType rows_ = at::kFloat;
};

// A one-dimensional convolution without padding, then the activation; channels last. Thread-safe.
class InferenceConvolution {
 public:
  InferenceConvolution() = default;
  // weight: float32 [out, in, kernel]; bias: float32 [out], or undefined.
  InferenceConvolution(const at::Tensor& weight, const at::Tensor& bias, std::int64_t stride,
                       ProductKind kind, const Arithmetic& arithmetic, Activation activation);
  // input: [time, in] of the arithmetic's type, contiguous -> [(time - kernel) / stride + 1, out]
  at::Tensor operator()(const at::Tensor& input) const;
  // Writes to `output`, of the arithmetic's type or float32.
  void write(const at::Tensor& input, const at::Tensor& output) const;

 private:
  std::int64_t steps(const at::Tensor& input) const;

  std::shared_ptr<const RowProduct> product_;
  std::int64_t channels_ = 0, kernel_ = 0, stride_ = 1, outputs_ = 0;
  at::Tensor bias_;
  Activation activation_ = Activation::none;
  at::ScalarType rows_ = at::kFloat;
};

}  // namespace qamro::nn
