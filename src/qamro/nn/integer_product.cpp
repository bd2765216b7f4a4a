#include "qamro/nn/integer_product.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "qamro/core/processor.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define QAMRO_AVX2 __attribute__((target("avx2")))
#endif

namespace qamro::nn {
namespace {

constexpr std::int64_t kBlockRows = 96;  // stay in cache beside a panel

std::int64_t even(std::int64_t columns) {
  return columns + columns % kPair;
}

float scale_of(float largest, std::int32_t steps) {
  return largest / static_cast<float>(steps);
}

float inverse_scale_of(float largest, std::int32_t steps) {
  return largest > 0 ? static_cast<float>(steps) / largest : 0;
}

std::vector<std::int16_t> panels_of(const float* weight, std::int64_t outputs, std::int64_t columns,
                                    std::int32_t steps, std::vector<float>& scales) {
  const std::int64_t panels = (outputs + kPanelOutputs - 1) / kPanelOutputs, width = even(columns);
  std::vector<std::int16_t> integers(static_cast<std::size_t>(panels * kPanelOutputs * width));
  std::vector<std::int16_t> row(static_cast<std::size_t>(width));
  scales.resize(static_cast<std::size_t>(panels * kPanelOutputs));
  for (std::int64_t output = 0; output < outputs; ++output, weight += columns) {
    const float largest = integer_kernels().largest_magnitude(weight, columns);
    const float inverse = inverse_scale_of(largest, steps);
    scales[static_cast<std::size_t>(output)] = scale_of(largest, steps);
    std::int16_t* panel = integers.data() + output / kPanelOutputs * kPanelOutputs * width;
    integer_kernels().round_row(weight, columns, inverse, row.data());
    std::int16_t* pairs = panel + output % kPanelOutputs * kPair;
    for (std::int64_t k = 0; k < width; k += kPair, pairs += kPair * kPanelOutputs)
      std::copy_n(row.data() + k, kPair, pairs);
  }
  return integers;
}

}  // namespace

IntegerRows to_integers(const float* values, std::int64_t rows, std::int64_t columns, std::int64_t stride,
                        const IntegerWidth& width) {
  IntegerRows integers;
  integers.stride = even(columns);
  integers.values.resize(static_cast<std::size_t>(rows * integers.stride));
  for (std::int64_t row = 0; row < rows; ++row, values += stride) {
    const float largest = integer_kernels().largest_magnitude(values, columns);
    integers.scales.push_back(scale_of(largest, width.input));
    integer_kernels().round_row(values, columns, inverse_scale_of(largest, width.input),
                                integers.values.data() + row * integers.stride);
  }
  return integers;
}

IntegerRows to_overlapping_integers(const float* values, std::int64_t length, std::int64_t channels,
                                    std::int64_t kernel, std::int64_t stride, const IntegerWidth& width) {
  IntegerRows integers;
  integers.stride = stride * channels;
  integers.values.resize(static_cast<std::size_t>(length * channels));
  const float largest = integer_kernels().largest_magnitude(values, length * channels);
  integers.scales.assign(static_cast<std::size_t>((length - kernel) / stride + 1),
                         scale_of(largest, width.input));
  integer_kernels().round_row(values, length * channels, inverse_scale_of(largest, width.input),
                              integers.values.data());
  return integers;
}

IntegerWeight::IntegerWeight(const float* weight, std::int64_t outputs, std::int64_t columns,
                             const IntegerWidth& width)
    : outputs_(outputs), columns_(even(columns)), exact_columns_(width.exact_columns) {
  panels_ = panels_of(weight, outputs, columns, width.weight, scales_);
}

void IntegerWeight::multiply(const IntegerRows& rows, const float* bias, float* result) const {
  const auto count = static_cast<std::int64_t>(rows.scales.size());
  TileSums sums;
  for (std::int64_t block = 0; block < count; block += kBlockRows)
    for (std::int64_t first = 0; first < outputs_; first += kPanelOutputs) {
      const std::int16_t* panel = panels_.data() + first * columns_;
      const std::int64_t width = std::min(kPanelOutputs, outputs_ - first);
      for (std::int64_t top = block; top < std::min(count, block + kBlockRows); top += kTileRows) {
        const std::int64_t height = std::min(kTileRows, count - top);
        integer_kernels().add_up(rows.values.data() + top * rows.stride, rows.stride, height, columns_,
                                 exact_columns_, panel, sums);
        integer_kernels().write(
            sums, {rows.scales.data() + top, scales_.data() + first, bias == nullptr ? nullptr : bias + first,
                   result + top * outputs_ + first, outputs_, height, width});
      }
    }
}

namespace {

float largest_magnitude(const float* values, std::int64_t count) {
  float largest = 0;
  for (std::int64_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(values[i]));
  return largest;
}

void round_row(const float* values, std::int64_t count, float inverse_scale, std::int16_t* integers) {
  for (std::int64_t i = 0; i < count; ++i)
    integers[i] = static_cast<std::int16_t>(std::lrint(values[i] * inverse_scale));
}

void add_up(const std::int16_t* rows, std::int64_t stride, std::int64_t height, std::int64_t columns,
            std::int64_t exact_columns, const std::int16_t* panel, TileSums& sums) {
  sums.fill(0);
  for (std::int64_t begin = 0; begin < columns; begin += exact_columns)
    for (std::int64_t row = 0; row < height; ++row)
      for (std::int64_t output = 0; output < kPanelOutputs; ++output) {
        std::int32_t sum = 0;
        for (std::int64_t k = begin; k < std::min(columns, begin + exact_columns); ++k)
          sum +=
              rows[row * stride + k] * panel[k / kPair * kPair * kPanelOutputs + output * kPair + k % kPair];
        sums[static_cast<std::size_t>(row * kPanelOutputs + output)] += static_cast<float>(sum);
      }
}

void write(const TileSums& sums, const TileTarget& target) {
  const float *scales = target.scales, *bias = target.bias;
  for (std::int64_t row = 0; row < target.height; ++row) {
    const float* sum = sums.data() + row * kPanelOutputs;
    float* result = target.result + row * target.stride;
    for (std::int64_t i = 0; i < target.width; ++i)
      result[i] = target.row_scales[row] * scales[i] * sum[i] + (bias == nullptr ? 0 : bias[i]);
  }
}

#ifdef QAMRO_AVX2

QAMRO_AVX2 float largest_magnitude_avx2(const float* values, std::int64_t count) {
  const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FFFFFFF));
  __m256 largest = _mm256_setzero_ps();
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    largest = _mm256_max_ps(largest, _mm256_and_ps(_mm256_loadu_ps(values + i), magnitude));
  alignas(32) float parts[8];
  _mm256_store_ps(parts, largest);
  return std::max(*std::max_element(parts, parts + 8), largest_magnitude(values + i, count - i));
}

QAMRO_AVX2 void round_row_avx2(const float* values, std::int64_t count, float inverse_scale,
                               std::int16_t* integers) {
  const __m256 factor = _mm256_set1_ps(inverse_scale);
  std::int64_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m256i low = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(values + i), factor));
    const __m256i high = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(values + i + 8), factor));
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0b11011000);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(integers + i), packed);
  }
  round_row(values + i, count - i, inverse_scale, integers + i);
}

QAMRO_AVX2 inline __m256i load_eight_pairs(const std::int16_t* panel) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(panel));
}

// Adds the products of a row's pair and the panel's pairs. Five instructions in this order: left to itself,
// the compiler broadcasts all rows at once and copies sums, for which there are too few registers.
QAMRO_AVX2 inline void add_products(const std::int16_t* row, __m256i first, __m256i second, __m256i& left,
                                    __m256i& right) {
  __m256i pair, product;
  asm("vpbroadcastd %[row], %[pair]\n\t"
      "vpmaddwd %[first], %[pair], %[product]\n\t"
      "vpaddd %[product], %[left], %[left]\n\t"
      "vpmaddwd %[second], %[pair], %[pair]\n\t"
      "vpaddd %[pair], %[right], %[right]"
      : [pair] "=&x"(pair), [product] "=&x"(product), [left] "+x"(left), [right] "+x"(right)
      : [first] "x"(first), [second] "x"(second),
        [row] "m"(*reinterpret_cast<const std::int16_t(*)[kPair]>(row)));
}

// Adds the sums over `columns`, few enough that none overflows, to `sums`.
template <int kRows>
QAMRO_AVX2 void add_up_exactly(const std::int16_t* rows, std::int64_t stride, std::int64_t columns,
                               const std::int16_t* panel, float* sums) {
  __m256i left[kRows], right[kRows];
#pragma GCC unroll 6
  for (int row = 0; row < kRows; ++row) left[row] = right[row] = _mm256_setzero_si256();
  const std::int16_t* lower = rows + (kRows > 3 ? 3 * stride : 0);  // so no row's address needs an addition
  for (std::int64_t k = 0; k < columns; k += kPair, panel += kPair * kPanelOutputs) {
    const __m256i first = load_eight_pairs(panel), second = load_eight_pairs(panel + kPanelOutputs);
#pragma GCC unroll 6
    for (int row = 0; row < kRows; ++row)
      add_products(row < 3 ? rows + row * stride : lower + (row - 3) * stride, first, second, left[row],
                   right[row]);
    rows += kPair, lower += kPair;
  }
#pragma GCC unroll 6
  for (int row = 0; row < kRows; ++row, sums += kPanelOutputs) {
    _mm256_storeu_ps(sums, _mm256_add_ps(_mm256_loadu_ps(sums), _mm256_cvtepi32_ps(left[row])));
    _mm256_storeu_ps(sums + 8, _mm256_add_ps(_mm256_loadu_ps(sums + 8), _mm256_cvtepi32_ps(right[row])));
  }
}

template <int kRows>
QAMRO_AVX2 void add_up_rows(const std::int16_t* rows, std::int64_t stride, std::int64_t columns,
                            std::int64_t exact_columns, const std::int16_t* panel, float* sums) {
  for (int i = 0; i < kTileRows * kPanelOutputs; i += 8) _mm256_storeu_ps(sums + i, _mm256_setzero_ps());
  for (std::int64_t k = 0; k < columns; k += exact_columns)
    add_up_exactly<kRows>(rows + k, stride, std::min(exact_columns, columns - k), panel + k * kPanelOutputs,
                          sums);
}

void add_up_avx2(const std::int16_t* rows, std::int64_t stride, std::int64_t height, std::int64_t columns,
                 std::int64_t exact_columns, const std::int16_t* panel, TileSums& sums) {
  static constexpr std::array kFunctions = {&add_up_rows<1>, &add_up_rows<2>, &add_up_rows<3>,
                                            &add_up_rows<4>, &add_up_rows<5>, &add_up_rows<6>};
  kFunctions[static_cast<std::size_t>(height - 1)](rows, stride, columns, exact_columns, panel, sums.data());
}

QAMRO_AVX2 void write_avx2(const TileSums& sums, const TileTarget& target) {
  if (target.width < kPanelOutputs) return write(sums, target);
  for (int i = 0; i < kPanelOutputs; i += 8) {
    const __m256 scales = _mm256_loadu_ps(target.scales + i);
    const __m256 bias = target.bias == nullptr ? _mm256_setzero_ps() : _mm256_loadu_ps(target.bias + i);
    const float* sum = sums.data() + i;
    float* result = target.result + i;
    for (std::int64_t row = 0; row < target.height; ++row, sum += kPanelOutputs, result += target.stride) {
      const __m256 scale = _mm256_mul_ps(_mm256_set1_ps(target.row_scales[row]), scales);
      _mm256_storeu_ps(result, _mm256_add_ps(_mm256_mul_ps(scale, _mm256_loadu_ps(sum)), bias));
    }
  }
}

#endif

}  // namespace

const IntegerKernels& plain_integer_kernels() {
  static constexpr IntegerKernels kernels = {&largest_magnitude, &round_row, &add_up, &write};
  return kernels;
}

const IntegerKernels& integer_kernels() {
#ifdef QAMRO_AVX2
  static constexpr IntegerKernels avx2 = {&largest_magnitude_avx2, &round_row_avx2, &add_up_avx2,
                                          &write_avx2};
  static const bool uses_avx2 = processor().tier >= Tier::avx2 && !processor().is_plain;
  if (uses_avx2 && highest_tier() >= Tier::avx2) return avx2;
#endif
  return plain_integer_kernels();
}

}  // namespace qamro::nn
