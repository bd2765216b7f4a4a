#pragma once

#include <ATen/core/Tensor.h>

#include "qamro/nn/integer_product.h"
#include "qamro/nn/row_product.h"

namespace qamro::nn {

// By way of 16-bit integers (integer_product.h). The rows of a convolution share one scale, so that each
// depends on what else the view holds.
class WideProduct final : public RowProduct {
 public:
  // Rows are float32; of several steps, an even number of columns each.
  explicit WideProduct(const RowWeight& weight);
  void multiply(const RowView& rows, const RowFinish& to) const override;

 private:
  IntegerRows round(const RowView& rows) const;

  std::int64_t columns_, steps_;
  IntegerWeight weight_;
};

}  // namespace qamro::nn
