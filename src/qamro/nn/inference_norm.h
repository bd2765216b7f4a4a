#pragma once

#include <ATen/core/Tensor.h>

#include "qamro/nn/arithmetic.h"
#include "qamro/nn/row_kernels.h"

namespace qamro::nn {

// Normalised rows, exact and as the next product takes them: the same tensor if the product takes float32.
struct NormalisedRows {
  at::Tensor exact;  // float32
  at::Tensor rows;   // of type Arithmetic::rows
};

// Layer normalisation over the last dimension, with its own copy of the parameters. No autograd. Thread-safe.
class InferenceNorm {
 public:
  InferenceNorm() = default;
  // weight, bias: float32 [dim].
  InferenceNorm(const at::Tensor& weight, const at::Tensor& bias, const Arithmetic& arithmetic,
                double epsilon = 1e-5);
  // rows: float32 [rows, dim], each row contiguous. Throws InvalidInput for another type or width.
  NormalisedRows operator()(const at::Tensor& rows) const;
  // Writes the exact rows to `exact`, float32 [rows, dim]. Returns the rows that the next product takes.
  at::Tensor write(const at::Tensor& rows, const at::Tensor& exact) const;
  // Returns only the rows that the next product takes.
  at::Tensor rounded(const at::Tensor& rows) const;

 private:
  void run(const at::Tensor& rows, const RowTarget& to) const;

  at::Tensor weight_, bias_;
  float epsilon_ = 0;
  bool is_plain_ = false;
  at::ScalarType rows_ = at::kFloat;
};

}  // namespace qamro::nn
