#include "qamro/nn/integer_product.h"

#include <algorithm>
#include <array>
#include <cmath>

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

}  // namespace qamro::nn
