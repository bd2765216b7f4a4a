#pragma once

#include <ATen/core/Tensor.h>

#include "qamro/nn/row_product.h"

namespace qamro::nn {

// Any kind of product with torch's operators, slow and the same on every processor: the types, shapes and
// roundings of the fast kernels without their instructions. In float64 it is their reference; in float32 it
// stands in for them, which happens only with fp32 (tier portable).
class PlainProduct final : public RowProduct {
 public:
  PlainProduct(const RowWeight& weight, ProductKind kind, at::ScalarType type);
  void multiply(const RowView& rows, const RowFinish& to) const override;

 private:
  at::Tensor sums(const at::Tensor& rows) const;

  ProductKind kind_;
  at::ScalarType type_;
  at::ScalarType rows_;
  at::Tensor weight_, scales_;  // for int8: the integers, and their scale per output
};

// A tensor over memory that it does not own.
at::Tensor tensor_over(const void* data, at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type);

}  // namespace qamro::nn
