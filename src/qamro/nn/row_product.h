#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "qamro/nn/arithmetic.h"
#include "qamro/nn/row_kernels.h"

namespace qamro::nn {

// Rows in memory, `stride` numbers from one to the next. They may overlap, as the windows of a convolution
// over time do.
struct RowView {
  const void* data = nullptr;
  std::int64_t rows = 0, stride = 0;
};

// Rows times the transposed weight of a layer, activation(x Wᵀ + bias) + residual, in one kind of arithmetic.
// A row's bits depend on that row alone, not on the rows beside it or on threads (except in
// convolutions of kind wide). CPU, inference only, on the calling thread. Thread-safe.
class RowProduct {
 public:
  virtual ~RowProduct() = default;
  virtual void multiply(const RowView& rows, const RowFinish& to) const = 0;
};

struct RowWeight {
  at::Tensor weight;                 // float32 [outputs, columns]
  std::int64_t steps = 1;            // consecutive time steps of a convolution that make up a row
  at::ScalarType rows = at::kFloat;  // type of the rows: float32 or bfloat16
};

// The product of this kind for this processor. Throws InvalidInput for a weight of another shape or type.
std::unique_ptr<const RowProduct> make_row_product(const RowWeight& weight, ProductKind kind,
                                                   const Processor& processor);

}  // namespace qamro::nn
