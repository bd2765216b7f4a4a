#include "qamro/nn/integer_product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace qamro::nn {
namespace {

using Floats = std::vector<float>;

Floats random_values(std::int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  Floats values(static_cast<std::size_t>(count));
  std::ranges::generate(values, [&] { return normal(engine); });
  return values;
}

float largest_magnitude(const float* values, std::int64_t count) {
  float largest = 0;
  for (std::int64_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(values[i]));
  return largest;
}

// What `multiply` promises, computed from its integers in 64 bits.
std::vector<double> expected_product(const IntegerRows& rows, const Floats& weight, std::int64_t outputs,
                                     std::int64_t columns, const Floats& bias, const IntegerWidth& width) {
  std::vector<double> product;
  const auto steps = static_cast<float>(width.weight);
  for (std::size_t row = 0; row < rows.scales.size(); ++row)
    for (std::int64_t output = 0; output < outputs; ++output) {
      const float* weights = weight.data() + output * columns;
      const float largest = largest_magnitude(weights, columns);
      std::int64_t sum = 0;
      for (std::int64_t k = 0; k < columns; ++k)
        sum += rows.values[row * static_cast<std::size_t>(rows.stride) + static_cast<std::size_t>(k)] *
               std::lrint(weights[k] * (largest > 0 ? steps / largest : 0));
      product.push_back(bias[static_cast<std::size_t>(output)] +
                        static_cast<double>(rows.scales[row]) * (largest / steps) * static_cast<double>(sum));
    }
  return product;
}

Floats multiply(const Floats& values, const Floats& weight, const Floats& bias, std::int64_t columns,
                const IntegerWidth& width) {
  const auto rows = std::ssize(values) / columns, outputs = std::ssize(weight) / columns;
  Floats found(static_cast<std::size_t>(rows * outputs));
  IntegerWeight(weight.data(), outputs, columns, width)
      .multiply(to_integers(values.data(), rows, columns, columns, width), bias.data(), found.data());
  return found;
}

class IntegerProduct : public ::testing::TestWithParam<IntegerWidth> {};

// Tiles of six rows, blocks of 96 and panels of sixteen outputs that are not full, odd numbers of columns,
// and one of each.
TEST_P(IntegerProduct, IsTheSumOfItsIntegers) {
  for (const std::int64_t rows : {1, 5, 6, 7, 13, 97})
    for (const std::int64_t outputs : {1, 16, 37})
      for (const std::int64_t columns : {1, 2, 17, 64, 66, 129}) {
        const Floats values = random_values(rows * columns, 1), weight = random_values(outputs * columns, 2),
                     bias = random_values(outputs, 3);
        const Floats found = multiply(values, weight, bias, columns, GetParam());
        const auto expected = expected_product(to_integers(values.data(), rows, columns, columns, GetParam()),
                                               weight, outputs, columns, bias, GetParam());
        for (std::size_t i = 0; i < found.size(); ++i)
          ASSERT_NEAR(found[i], expected[i], 2e-6 * (10 + std::abs(expected[i])))
              << rows << ' ' << outputs << ' ' << columns << ' ' << i;
      }
}

// All products are as large as possible and have one sign: 8-bit pairs would saturate in 16 bits, and longer
// sums would overflow 32.
TEST_P(IntegerProduct, DoesNotSaturate) {
  for (const std::int64_t columns : {16, 64, 768, 3072, 20000})
    for (const float sign : {1.0F, -1.0F}) {
      const Floats values(static_cast<std::size_t>(columns), 3.0F);
      const Floats weight(static_cast<std::size_t>(columns * 2), sign * 0.5F);
      const double expected = sign * 1.5 * static_cast<double>(columns);
      for (const float value : multiply(values, weight, {0, 0}, columns, GetParam()))
        EXPECT_NEAR(value, expected, 1e-5 * std::abs(expected)) << columns;
    }
}

TEST_P(IntegerProduct, ZerosGiveTheBias) {
  const Floats zeros(40), bias = {1, -2, 3};
  EXPECT_EQ(multiply(zeros, random_values(3 * 40, 2), bias, 40, GetParam()), bias);
  EXPECT_EQ(multiply(random_values(40, 1), Floats(3 * 40), bias, 40, GetParam()), bias);
}

TEST_P(IntegerProduct, ARowDependsOnItselfAlone) {
  constexpr std::int64_t kColumns = 30, kOutputs = 20;
  const Floats values = random_values(7 * kColumns, 1), weight = random_values(kOutputs * kColumns, 2),
               bias = random_values(kOutputs, 3);
  const Floats all = multiply(values, weight, bias, kColumns, GetParam());
  for (std::int64_t row = 0; row < 7; ++row) {
    const Floats one(values.begin() + row * kColumns, values.begin() + (row + 1) * kColumns);
    const Floats alone = multiply(one, weight, bias, kColumns, GetParam());
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), all.begin() + row * kOutputs)) << row;
  }
}

TEST_P(IntegerProduct, RowsAreRoundedToTheNearest) {
  Floats values = random_values(21, 1);
  values[3] = -9;  // the largest magnitude
  const IntegerRows integers = to_integers(values.data(), 1, 21, 21, GetParam());
  const double step = integers.scales[0];
  EXPECT_NEAR(step * GetParam().input, 9, 1e-5);
  EXPECT_EQ(integers.values[3], -GetParam().input);
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_NEAR(integers.values[i] * step, values[i], 0.501 * step);
}

TEST_P(IntegerProduct, OverlappingRowsAreAConvolutions) {
  constexpr std::int64_t kLength = 12, kChannels = 4, kKernel = 3, kStride = 2, kRows = 5;
  const Floats values = random_values(kLength * kChannels, 1),
               weight = random_values(2 * kKernel * kChannels, 2);
  const IntegerRows integers =
      to_overlapping_integers(values.data(), kLength, kChannels, kKernel, kStride, GetParam());
  ASSERT_EQ(integers.scales.size(), 5U);
  Floats found(2 * kRows);
  IntegerWeight(weight.data(), 2, kKernel * kChannels, GetParam()).multiply(integers, nullptr, found.data());
  for (std::int64_t row = 0; row < kRows; ++row)
    for (std::int64_t output = 0; output < 2; ++output) {
      double sum = 0;
      for (std::int64_t k = 0; k < kKernel * kChannels; ++k)
        sum += static_cast<double>(values[static_cast<std::size_t>(row * kStride * kChannels + k)]) *
               weight[static_cast<std::size_t>(output * kKernel * kChannels + k)];
      EXPECT_NEAR(found[static_cast<std::size_t>(2 * row + output)], sum, 0.06);
    }
}

TEST_P(IntegerProduct, ProcessorsAgree) {
  const Floats values = random_values(6 * 130, 1);
  const IntegerRows rows = to_integers(values.data(), 6, 130, 130, GetParam());
  std::vector<std::int16_t> integers(130);
  EXPECT_EQ(integer_kernels().largest_magnitude(values.data(), 130),
            plain_integer_kernels().largest_magnitude(values.data(), 130));
  const float inverse = 1 / rows.scales[0];
  std::vector<std::int16_t> rounded(130), rounded_plainly(130);
  integer_kernels().round_row(values.data(), 130, inverse, rounded.data());
  plain_integer_kernels().round_row(values.data(), 130, inverse, rounded_plainly.data());
  EXPECT_EQ(rounded, rounded_plainly);
  std::vector<std::int16_t> panel(130 * kPanelOutputs);
  for (std::size_t i = 0; i < panel.size(); ++i)
    panel[i] = static_cast<std::int16_t>(static_cast<int>(i * 7919 % 2047) - 1023);
  for (std::int64_t height = 1; height <= kTileRows; ++height) {
    TileSums sums, plain_sums;
    integer_kernels().add_up(rows.values.data(), rows.stride, height, 130, 64, panel.data(), sums);
    plain_integer_kernels().add_up(rows.values.data(), rows.stride, height, 130, 64, panel.data(),
                                   plain_sums);
    EXPECT_EQ(sums, plain_sums) << height;
    for (const std::int64_t width : {kPanelOutputs, kPanelOutputs - 3}) {
      Floats written(6 * 20, -1), plainly = written;
      TileTarget target = {
          rows.scales.data(), values.data(), values.data() + 20, written.data(), 20, height, width};
      integer_kernels().write(sums, target);
      target.result = plainly.data();
      plain_integer_kernels().write(sums, target);
      EXPECT_EQ(written, plainly) << height;
    }
  }
}

// The largest products of exact_columns add up to no more than 32 bits hold, but not with one more pair.
TEST_P(IntegerProduct, ExactColumnsAreAsManyAsFit) {
  const IntegerWidth width = GetParam();
  const auto sum = [&](std::int64_t columns) { return columns * width.weight * width.input; };
  EXPECT_LE(sum(width.exact_columns), INT32_MAX);
  EXPECT_GT(sum(width.exact_columns + kPair), INT32_MAX);
  EXPECT_EQ(width.exact_columns % kPair, 0);
}

// Also 8-bit weights with 14-bit inputs, which leave room for long sums.
INSTANTIATE_TEST_SUITE_P(Widths, IntegerProduct, ::testing::Values(IntegerWidth{127, 5461, 3096}, kWide));

}  // namespace
}  // namespace qamro::nn
