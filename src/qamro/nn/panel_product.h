#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "qamro/nn/row_product.h"

namespace qamro::nn {

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
  std::vector<float> scales_, sums_;         // [panels * width]
  std::unique_ptr<std::uint32_t[]> panels_;  // [panels, padded / 4, width] groups of four 8-bit integers
};

}  // namespace qamro::nn
