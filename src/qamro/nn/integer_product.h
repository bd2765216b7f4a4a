#pragma once

#include <cstdint>
#include <vector>

namespace qamro::nn {

// Products of float32 matrices by way of integers, for processors that have neither bfloat16 nor a dot
// product of 8-bit integers: AVX2 multiplies and adds pairs of 16-bit integers twice as fast as float32
// numbers. (Its 8-bit pairs are no faster, and saturate.)

// How finely both factors are rounded, in steps between 0 and the largest magnitude.
struct IntegerWidth {
  std::int32_t weight;  // of an output's weights
  std::int32_t input;   // of a row of inputs
  // Columns of which sums of such products cannot overflow 32 bits; they are added up in float32 beyond.
  std::int64_t exact_columns;
};
// Weights of 12 bits and inputs of 15, sign included: finer than bfloat16 from a 16th and a 128th of the
// largest magnitude on, coarser below.
inline constexpr IntegerWidth kWide = {2047, 16383, 64};
static_assert(std::int64_t{kWide.weight} * kWide.input * kWide.exact_columns <= INT32_MAX);

// Rows of float32 as 16-bit integers: value = scale * integer up to rounding to the nearest.
struct IntegerRows {
  std::int64_t stride = 0;           // of the rows in `values`; a multiple of 2
  std::vector<std::int16_t> values;  // with room for one more column than there are
  std::vector<float> scales;         // [rows]
};

// values: [rows, columns], any finite numbers, a row `stride` behind the one before; each has its own scale.
IntegerRows to_integers(const float* values, std::int64_t rows, std::int64_t columns, std::int64_t stride,
                        const IntegerWidth& width);

// Of a sequence [length, channels] all rows that a convolution of that kernel and stride sees, with one
// scale. channels: even.
IntegerRows to_overlapping_integers(const float* values, std::int64_t length, std::int64_t channels,
                                    std::int64_t kernel, std::int64_t stride, const IntegerWidth& width);

// A matrix rounded with one scale a row of it (an output), laid out for `multiply`. Thread-safe.
class IntegerWeight {
 public:
  IntegerWeight() = default;
  // weight: [outputs, columns]
  IntegerWeight(const float* weight, std::int64_t outputs, std::int64_t columns, const IntegerWidth& width);

  std::int64_t outputs() const { return outputs_; }
  // result: [rows, outputs] = bias + scale * scale * Σ integer * integer; bias: [outputs] or null. rows: with
  // at least as many columns each, of the same width. A row's result depends on that row alone.
  void multiply(const IntegerRows& rows, const float* bias, float* result) const;

 private:
  std::int64_t outputs_ = 0, columns_ = 0, exact_columns_ = 0;
  std::vector<std::int16_t> panels_;  // [panels, columns / 2, 16 outputs, 2]
  std::vector<float> scales_;         // [panels * 16]
};

}  // namespace qamro::nn
