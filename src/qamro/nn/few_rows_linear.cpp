#include "qamro/nn/few_rows_linear.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/core/processor.h"
#include "qamro/nn/parallel.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace qamro::nn {
namespace {

constexpr std::int64_t kLanes = 8;       // rows of x side by side
constexpr std::int64_t kMaxVectors = 3;  // of rows at a time
constexpr std::int64_t kMaxRows = kLanes * kMaxVectors;
constexpr int kSums = 12;  // vectors at a time: with their operands they fill 16 registers
constexpr std::int64_t kTaskOutputs = 48;
constexpr std::int64_t kColumns = 256;  // at a time, so that x's columns stay in the innermost cache
constexpr std::int64_t kLine = 16;      // numbers that the caches move together

// One task's product with one block of rows.
struct Product {
  const float* x;  // [columns, 8 vectors]: up to 24 rows side by side, zeros after the last
  const float* w;  // [outputs, columns]
  float* sums;     // [outputs, 8 vectors]
  std::int64_t columns, outputs;
};

// A tile computes sums[output, row] += x[column, row] w[output, column] over columns [begin, end), one by one
// in an order that is the same for every tile. The code also fixes, for every tile alike, whether product and
// sum are rounded once or twice: when the compiler chose what to fuse, a row's bits depended on the tile.
#ifdef __x86_64__
template <int vectors, int outputs>
struct FusedTile {
  __attribute__((target("avx2,fma"))) static void add(const Product& p, std::int64_t output,
                                                      std::int64_t begin, std::int64_t end) {
    const float* w = p.w + output * p.columns;
    __m256 sums[outputs][vectors];
#pragma GCC unroll 12
    for (int j = 0; j < outputs; ++j)
#pragma GCC unroll 3
      for (int i = 0; i < vectors; ++i) sums[j][i] = _mm256_setzero_ps();
    for (std::int64_t column = begin; column < end; ++column) {
      const float* x = p.x + column * vectors * kLanes;
#pragma GCC unroll 12
      for (int j = 0; j < outputs; ++j)
#pragma GCC unroll 3
        for (int i = 0; i < vectors; ++i)
          sums[j][i] = _mm256_fmadd_ps(_mm256_loadu_ps(x + i * kLanes),
                                       _mm256_broadcast_ss(w + j * p.columns + column), sums[j][i]);
    }
    float* stored = p.sums + output * vectors * kLanes;
#pragma GCC unroll 12
    for (int j = 0; j < outputs; ++j)
#pragma GCC unroll 3
      for (int i = 0; i < vectors; ++i, stored += kLanes)
        _mm256_storeu_ps(stored, _mm256_add_ps(_mm256_loadu_ps(stored), sums[j][i]));
  }
};
#endif

// Fused only if every processor of the architecture has the instruction (aarch64): std::fma is slow without.
float multiply_add(float x, float w, float sum) {
#ifdef __FP_FAST_FMAF
  return std::fma(x, w, sum);
#else
  return x * w + sum;
#endif
}

template <int vectors, int outputs>
struct PlainTile {
  static void add(const Product& p, std::int64_t output, std::int64_t begin, std::int64_t end) {
    constexpr int kRows = vectors * static_cast<int>(kLanes);
    const float* w = p.w + output * p.columns;
    float sums[outputs][kRows] = {};
    for (std::int64_t column = begin; column < end; ++column)
      for (int j = 0; j < outputs; ++j)
        for (int row = 0; row < kRows; ++row)
          sums[j][row] = multiply_add(p.x[column * kRows + row], w[j * p.columns + column], sums[j][row]);
    for (int j = 0; j < outputs; ++j)
      for (int row = 0; row < kRows; ++row) p.sums[(output + j) * kRows + row] += sums[j][row];
  }
};

template <template <int, int> class Tile, int vectors>
void add_products(const Product& p) {
  constexpr int kTile = kSums / vectors;
  for (std::int64_t begin = 0; begin < p.columns; begin += kColumns) {
    const std::int64_t end = std::min(p.columns, begin + kColumns);
    std::int64_t output = 0;
    for (; output + kTile <= p.outputs; output += kTile) Tile<vectors, kTile>::add(p, output, begin, end);
    for (; output < p.outputs; ++output) Tile<vectors, 1>::add(p, output, begin, end);
  }
}

template <template <int, int> class Tile>
void add_products_of(std::int64_t vectors, const Product& p) {
  if (vectors == 1) add_products<Tile, 1>(p);
  if (vectors == 2) add_products<Tile, 2>(p);
  if (vectors == 3) add_products<Tile, 3>(p);
}

using AddProducts = void (*)(std::int64_t vectors, const Product&);

AddProducts add_products_of_this_machine() {
#ifdef __x86_64__
  if (processor().tier >= Tier::avx2 && !processor().is_plain) return add_products_of<FusedTile>;
#endif
  return add_products_of<PlainTile>;
}

std::int64_t vectors_of(std::int64_t rows) {
  return std::min(kMaxVectors, (rows + kLanes - 1) / kLanes);
}

// [rows, columns] -> consecutive blocks of up to 24 rows, each [columns, 8 vectors].
std::vector<float> side_by_side(const float* x, std::int64_t rows, std::int64_t columns) {
  std::vector<float> blocks(static_cast<std::size_t>((rows + kLanes - 1) / kLanes * kLanes * columns));
  for (std::int64_t first = 0; first < rows; first += kMaxRows) {
    const std::int64_t width = kLanes * vectors_of(rows - first);
    float* block = blocks.data() + first * columns;
    const std::int64_t height = std::min(width, rows - first);
    for (std::int64_t begin = 0; begin < columns; begin += kLine)
      for (std::int64_t row = 0; row < height; ++row)
        for (std::int64_t column = begin; column < std::min(columns, begin + kLine); ++column)
          block[column * width + row] = x[(first + row) * columns + column];
  }
  return blocks;
}

void check(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  const bool fit = input.dim() == 2 && weight.dim() == 2 && bias.dim() == 1 &&
                   input.size(1) == weight.size(1) && weight.size(0) == bias.size(0);
  const auto is_float = [](const at::Tensor& tensor) { return tensor.scalar_type() == at::kFloat; };
  if (!fit || !is_float(input) || !is_float(weight) || !is_float(bias))
    throw InvalidInput(fmt::format(
        "few_rows_linear: expected float32 [rows, in], [out, in] and [out], got [{}], [{}] and [{}]",
        fmt::join(input.sizes(), ", "), fmt::join(weight.sizes(), ", "), fmt::join(bias.sizes(), ", ")));
}

}  // namespace

at::Tensor few_rows_linear(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
  check(input, weight, bias);
  const at::Tensor x = input.contiguous(), w = weight.contiguous(), b = bias.contiguous();
  const std::int64_t rows = x.size(0), columns = x.size(1), outputs = w.size(0);
  at::Tensor y = at::empty({rows, outputs}, x.options());
  const std::vector<float> blocks = side_by_side(x.const_data_ptr<float>(), rows, columns);
  const auto *const w_data = w.const_data_ptr<float>(), *const b_data = b.const_data_ptr<float>();
  auto* const y_data = y.mutable_data_ptr<float>();
  static const AddProducts add_to = add_products_of_this_machine();
  parallel_for((outputs + kTaskOutputs - 1) / kTaskOutputs, [&](std::int64_t task) {
    const std::int64_t first_output = task * kTaskOutputs;
    const std::int64_t count = std::min(kTaskOutputs, outputs - first_output);
    for (std::int64_t first = 0; first < rows; first += kMaxRows) {
      const std::int64_t vectors = vectors_of(rows - first), width = kLanes * vectors;
      std::array<float, kTaskOutputs * kMaxRows> sums{};
      add_to(vectors,
             {blocks.data() + first * columns, w_data + first_output * columns, sums.data(), columns, count});
      for (std::int64_t row = 0; row < std::min(width, rows - first); ++row)
        for (std::int64_t j = 0; j < count; ++j)
          y_data[(first + row) * outputs + first_output + j] =
              sums[static_cast<std::size_t>(j * width + row)] + b_data[first_output + j];
    }
  });
  return y;
}

}  // namespace qamro::nn
