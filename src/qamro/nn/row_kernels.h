#pragma once

#include <cstdint>

#include "qamro/nn/arithmetic.h"

// What packed networks do to rows of numbers between two products, each in one pass over rows in a core's
// cache. A row's bits depend on that row alone, and are the same on every processor: each kernel is one
// template over sixteen lanes (row_kernels_of.h), compiled for plain C++, AVX2 and AVX-512, in which every
// operation rounds once and fused products are written explicitly. bfloat16 numbers are passed as their bits.
//
// `stride`: numbers from the start of one row to the start of the next.
namespace qamro::nn {

// Where rows of results go, as float32 or as bfloat16.
struct RowTarget {
  float* exact = nullptr;
  std::uint16_t* rounded = nullptr;
  std::int64_t stride = 0;
};

// result = activation(sums + bias) + residual
struct RowFinish {
  const float* bias = nullptr;  // [columns] or null
  Activation activation = Activation::none;
  const float* residual = nullptr;  // or null
  std::int64_t residual_stride = 0;
  RowTarget target;

  // The same, starting at this row and column.
  RowFinish shifted(std::int64_t row, std::int64_t column) const;
};

// What integers stand for: a row's number is lowest + step * integer, a weight is scale * integer.
struct IntegerScales {
  const float *lowest, *steps;  // per row
  const float *scales, *sums;   // per output; sums: of the output's rounded weights
};

// How strongly a row attends to its keys: softmax(scores + gate * bias).
struct SoftmaxInput {
  float* scores;  // [rows, padded]; modified
  std::int64_t rows, keys, padded;
  const float* bias;  // of the first row, or null
  std::int64_t bias_stride;
  const float* gates;  // one per row; null means 1
};

struct RowKernels {
  // leaky_relu has a slope of 0.1.
  void (*finish)(const float* sums, std::int64_t stride, std::int64_t rows, std::int64_t columns,
                 const RowFinish& to);
  // The same for the numbers that sums of products of integers stand for.
  void (*finish_integers)(const std::int32_t* sums, std::int64_t stride, std::int64_t rows,
                          std::int64_t columns, const IntegerScales& scales, const RowFinish& to);
  // Layer normalisation of float32 rows, (x - mean) / sqrt(variance + epsilon) * weight + bias; to `exact`,
  // to `rounded`, or to both.
  void (*normalise)(const float* values, std::int64_t stride, std::int64_t rows, std::int64_t columns,
                    const float* weight, const float* bias, float epsilon, const RowTarget& to);
  // Rounds each row to 256 levels between its smallest and its largest number; zeros follow, up to `stride`.
  void (*round_exact)(const float* values, std::int64_t value_stride, std::int64_t rows, std::int64_t columns,
                      std::uint8_t* integers, std::int64_t stride, float* lowest, float* steps);
  void (*round_rounded)(const std::uint16_t* values, std::int64_t value_stride, std::int64_t rows,
                        std::int64_t columns, std::uint8_t* integers, std::int64_t stride, float* lowest,
                        float* steps);
  // The softmax's numerators, 0 from `keys` to `padded`, and the inverse of each row's sum.
  void (*softmax)(const SoftmaxInput& input, const RowTarget& numerators, float* inverse_sums);
  // result = values * factor of the row; factors: null means 1.
  void (*scale_rows)(const float* values, std::int64_t stride, std::int64_t rows, std::int64_t columns,
                     const float* factors, const RowTarget& to);
  // Adds every row to `sum`, [columns].
  void (*add_rows)(const float* values, std::int64_t stride, std::int64_t rows, std::int64_t columns,
                   float* sum);
};

// The kernels for the processor's tier, or those in plain C++ if `is_plain` or the processor is plain.
const RowKernels& row_kernels(bool is_plain = false);

// One per instruction set, for the tests. Null if the program was not compiled for it; whether the processor
// has it is for the caller to check.
const RowKernels* portable_row_kernels();
const RowKernels* avx2_row_kernels();
const RowKernels* avx512_row_kernels();

}  // namespace qamro::nn
