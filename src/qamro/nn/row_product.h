#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

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

// Products with oneDNN's kernels for blocks of rows (brgemm), which libtorch exposes as
// at::native::cpublas::brgemm. The weight is laid out once, in panels of about 64 outputs; up to 160 rows
// are multiplied by a panel while both are in a core's cache.
inline constexpr std::int64_t kMaxPanelRows = 160;

// The smallest multiple of `unit` that is at least `count`.
constexpr std::int64_t up_to(std::int64_t count, std::int64_t unit) {
  return (count + unit - 1) / unit * unit;
}

// oneDNN's kernels leave a core's tiles in their own configuration, which other products on the thread must
// not meet. A BlockRegion surrounds calls of brgemm and releases the tiles at its end.
class BlockRegion {
 public:
  BlockRegion() = default;
  ~BlockRegion();
  BlockRegion(const BlockRegion&) = delete;
  BlockRegion& operator=(const BlockRegion&) = delete;
};

// Products in float32 (tier `avx2` or higher) and bfloat16 (`avx512-bf16` or higher).
class FloatPanels final : public RowProduct {
 public:
  // weight: float32 [outputs, columns]
  FloatPanels(const at::Tensor& weight, bool is_bfloat16);
  void multiply(const RowView& rows, const RowFinish& to) const override;

 private:
  RowView in_pairs(const RowView& rows) const;
  void multiply_group(const RowView& rows, const RowFinish& to) const;
  std::int64_t element_size() const { return is_bfloat16_ ? 2 : 4; }

  std::int64_t outputs_, columns_, width_;
  bool is_bfloat16_;
  // NOLINTNEXTLINE(modernize-avoid-c-arrays)
  std::unique_ptr<std::uint32_t[]>
      panels_;  // [panels, columns, width]; for bfloat16 [panels, columns / 2, width] pairs
};

// Products in 8-bit integers (tier `avx512-vnni` or higher). Each row has its own scale.
class IntegerPanels final : public RowProduct {
 public:
  explicit IntegerPanels(const RowWeight& weight);
  void multiply(const RowView& rows, const RowFinish& to) const override;

 private:
  void round_output(const float* weight, std::int64_t output, std::int8_t* row);

  std::int64_t outputs_, width_, columns_, padded_;  // padded: columns, rounded up to a multiple of 4
  bool takes_bfloat16_;
  std::vector<float> scales_, sums_;  // [panels * width]
  // NOLINTNEXTLINE(modernize-avoid-c-arrays)
  std::unique_ptr<std::uint32_t[]> panels_;  // [panels, padded / 4, width] groups of four 8-bit integers
};

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
