#pragma once

#include <ATen/core/Tensor.h>

#include "qamro/nn/row_product.h"

namespace qamro::nn {

// Any kind of product by torch's operators, slow and the same on every processor: the types, shapes and
// roundings of the fast kernels without their instructions. In float64, as their reference; in float32 where
// it stands in for them, which is in fp32 alone (tier portable).
class PlainProduct final : public RowProduct {
 public:
  PlainProduct(const RowWeight& weight, ProductKind kind, at::ScalarType type);
  void multiply(const RowView& rows, const RowFinish& to) const override;

 private:
  at::Tensor sums(const at::Tensor& rows) const;

  ProductKind kind_;
  at::ScalarType type_;
  at::ScalarType rows_;
  at::Tensor weight_, scales_;  // of int8 the integers and, for each output, their scale
};

// Memory as a tensor that does not own it.
at::Tensor tensor_over(const void* data, at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type);

}  // namespace qamro::nn
