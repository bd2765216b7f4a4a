#pragma once

#include <array>
#include <cstdint>
#include <vector>

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

// Products of float32 matrices via integers, for processors that have neither bfloat16 nor a dot product of
// 8-bit integers: AVX2 multiplies and adds pairs of 16-bit integers twice as fast as float32 numbers. (Its
// 8-bit pairs are no faster, and saturate.)

// How finely both factors are rounded, in steps between 0 and the largest magnitude.
struct IntegerWidth {
  std::int32_t weight;  // of an output's weights
  std::int32_t input;   // of a row of inputs
  // Columns whose sum of products cannot overflow 32 bits; such sums are added up in float32.
  std::int64_t exact_columns;
};
// 12-bit weights and 15-bit inputs, sign included. This is finer than bfloat16 for weights above a 16th and
// inputs above a 128th of the largest magnitude, and coarser below.
inline constexpr IntegerWidth kWide = {2047, 16383, 64};
static_assert(std::int64_t{kWide.weight} * kWide.input * kWide.exact_columns <= INT32_MAX);

// float32 rows as 16-bit integers: scale * integer is the value, rounded to the nearest.
struct IntegerRows {
  std::int64_t stride = 0;           // of the rows in `values`; a multiple of 2
  std::vector<std::int16_t> values;  // a row with an odd number of columns is followed by a zero
  std::vector<float> scales;         // [rows]
};

// values: [rows, columns], finite, `stride` numbers from row to row. Each row has its own scale.
IntegerRows to_integers(const float* values, std::int64_t rows, std::int64_t columns, std::int64_t stride,
                        const IntegerWidth& width);

// All rows that a convolution with this kernel and stride sees in the sequence `values`, [length, channels].
// They share one scale. channels: even.
IntegerRows to_overlapping_integers(const float* values, std::int64_t length, std::int64_t channels,
                                    std::int64_t kernel, std::int64_t stride, const IntegerWidth& width);

// A matrix rounded with one scale per row (output) and laid out for `multiply`. Thread-safe.
class IntegerWeight {
 public:
  IntegerWeight() = default;
  // weight: [outputs, columns]
  IntegerWeight(const float* weight, std::int64_t outputs, std::int64_t columns, const IntegerWidth& width);

  std::int64_t outputs() const { return outputs_; }
  // result: [rows, outputs] = bias + scale * scale * Σ integer * integer; bias: [outputs] or null. rows:
  // at least as many columns as the weight, rounded with the same width. A row's result depends on that
  // row alone.
  void multiply(const IntegerRows& rows, const float* bias, float* result) const;

 private:
  std::int64_t outputs_ = 0, columns_ = 0, exact_columns_ = 0;
  std::vector<std::int16_t> panels_;  // [panels, columns / 2, 16 outputs, 2]
  std::vector<float> scales_;         // [panels * 16]
};

}  // namespace qamro::nn
