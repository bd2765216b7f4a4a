#pragma once

#include <ATen/core/Tensor.h>

#include "qamro/nn/integer_product.h"
#include "qamro/nn/row_product.h"

namespace qamro::nn {

// Products via 16-bit integers (integer_product.h). The rows of a convolution share one scale, so each result
// depends on all rows of the view.
class WideProduct final : public RowProduct {
 public:
  // Rows are float32. If there are several steps, each has an even number of columns.
  explicit WideProduct(const RowWeight& weight);
  void multiply(const RowView& rows, const RowFinish& to) const override;

 private:
  IntegerRows round(const RowView& rows) const;

  std::int64_t columns_, steps_;
  IntegerWeight weight_;
};

}  // namespace qamro::nn
