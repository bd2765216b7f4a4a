#pragma once

#include <array>
#include <cstdint>

namespace qamro::nn {

inline constexpr std::int64_t kPanelOutputs = 16;
inline constexpr std::int64_t kPair = 2;  // columns that one instruction multiplies and adds
inline constexpr std::int64_t kTileRows = 6;

using TileSums = std::array<float, kTileRows * kPanelOutputs>;

// Where a tile's results go: bias + row_scale * scale * sum.
struct TileTarget {
  const float* row_scales;  // [height]
  const float* scales;      // [kPanelOutputs]
  const float* bias;        // [width] or null
  float* result;            // [height, width], `stride` from row to row
  std::int64_t stride, height, width;
};

// The loops of integer_product.cpp for one kind of processor. All kinds give the same numbers.
struct IntegerKernels {
  float (*largest_magnitude)(const float* values, std::int64_t count);
  // Rounds to the nearest integer, halves to even.
  void (*round_row)(const float* values, std::int64_t count, float inverse_scale, std::int16_t* integers);
  // sums: [height, kPanelOutputs], of rows times one panel; exact within each run of `exact_columns` (even).
  void (*add_up)(const std::int16_t* rows, std::int64_t stride, std::int64_t height, std::int64_t columns,
                 std::int64_t exact_columns, const std::int16_t* panel, TileSums& sums);
  void (*write)(const TileSums& sums, const TileTarget& target);
};

const IntegerKernels& integer_kernels();
// The kernels that run on any processor.
const IntegerKernels& plain_integer_kernels();

}  // namespace qamro::nn
