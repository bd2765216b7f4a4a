#pragma once

#include <ATen/core/Tensor.h>

#include "qamro/nn/arithmetic.h"
#include "qamro/nn/row_kernels.h"

namespace qamro::nn {

// Normalised rows, exactly and as the next product takes them: one and the same where that is float32.
struct NormalisedRows {
  at::Tensor exact;  // float32
  at::Tensor rows;   // of Arithmetic::rows
};

// Layer normalisation over the last dimension, with copies of its parameters. No autograd. Thread-safe.
class InferenceNorm {
 public:
  InferenceNorm() = default;
  // weight, bias: float32 [dim].
  InferenceNorm(const at::Tensor& weight, const at::Tensor& bias, const Arithmetic& arithmetic,
                double epsilon = 1e-5);
  // float32 [rows, dim], its numbers side by side. Throws InvalidInput for another type or width.
  NormalisedRows operator()(const at::Tensor& rows) const;
  // The exact ones to `exact`, float32 [rows, dim]. Returns those that the next product takes.
  at::Tensor write(const at::Tensor& rows, const at::Tensor& exact) const;
  // These alone.
  at::Tensor rounded(const at::Tensor& rows) const;

 private:
  void run(const at::Tensor& rows, const RowTarget& to) const;

  at::Tensor weight_, bias_;
  float epsilon_ = 0;
  bool is_plain_ = false;
  at::ScalarType rows_ = at::kFloat;
};

}  // namespace qamro::nn
