#include "qamro/nn/row_kernels.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "qamro/core/processor.h"

namespace qamro::nn {
namespace {

constexpr std::int64_t kKernelRows = 5;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// The kernels that this processor runs.
std::vector<const RowKernels*> kernels() {
  std::vector<const RowKernels*> all = {portable_row_kernels()};
  if (highest_tier() >= Tier::avx2 && avx2_row_kernels() != nullptr) all.push_back(avx2_row_kernels());
  if (highest_tier() >= Tier::avx512 && avx512_row_kernels() != nullptr) all.push_back(avx512_row_kernels());
  return all;
}

at::Tensor random_rows(std::int64_t columns) {
  at::manual_seed(3);
  at::Tensor rows = at::randn({kKernelRows, columns}) * 3;
  rows[1].mul_(1e-20);
  rows[2].add_(100);
  return rows;
}

RowTarget exact(const at::Tensor& to) {
  return {to.mutable_data_ptr<float>(), nullptr, to.stride(0)};
}

RowTarget rounded(const at::Tensor& to) {
  return {nullptr, static_cast<std::uint16_t*>(to.mutable_data_ptr()), to.stride(0)};
}

double furthest(const at::Tensor& found, const at::Tensor& expected) {
  const auto largest = (found.to(at::kDouble) - expected).abs().max().item<double>();
  return std::isnan(largest) ? std::numeric_limits<double>::infinity() : largest;
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  const auto bits = a.element_size() == 4 ? at::kInt : at::kShort;
  return at::equal(a.view(bits), b.view(bits));
}

class RowKernelWidths : public ::testing::TestWithParam<std::int64_t> {};

TEST_P(RowKernelWidths, FinishesSums) {
  const std::int64_t columns = GetParam();
  const at::Tensor sums = random_rows(columns), bias = at::randn({columns}),
                   residual = at::randn({kKernelRows, columns});
  const auto plain = [&](Activation activation) {
    const at::Tensor x = (sums + bias).to(at::kDouble);
    if (activation == Activation::gelu) return at::gelu(x);
    if (activation == Activation::relu) return at::relu(x);
    return activation == Activation::leaky_relu ? at::leaky_relu(x, 0.1) : x;
  };
  for (const RowKernels* kernel : kernels())
    for (const Activation activation :
         {Activation::none, Activation::relu, Activation::leaky_relu, Activation::gelu}) {
      const at::Tensor found = at::full({kKernelRows, columns + 1}, kNaN);
      RowFinish to;
      to.bias = bias.const_data_ptr<float>();
      to.activation = activation;
      to.residual = residual.const_data_ptr<float>();
      to.residual_stride = columns;
      to.target = exact(found);
      kernel->finish(sums.const_data_ptr<float>(), columns, kKernelRows, columns, to);
      EXPECT_LT(furthest(found.narrow(1, 0, columns), plain(activation) + residual), 2e-5);
      EXPECT_TRUE(found.select(1, columns).isnan().all().item<bool>()) << "wrote beyond the row";
    }
}

TEST_P(RowKernelWidths, NormalisesAsLayerNormDoes) {
  const std::int64_t columns = GetParam();
  const at::Tensor rows = random_rows(columns), weight = at::randn({columns}), bias = at::randn({columns});
  const at::Tensor expected =
      at::layer_norm(rows.to(at::kDouble), {columns}, weight.to(at::kDouble), bias.to(at::kDouble), 1e-5);
  for (const RowKernels* kernel : kernels()) {
    const at::Tensor found = at::empty({kKernelRows, columns}),
                     half = at::empty({kKernelRows, columns}, at::kBFloat16);
    RowTarget both = exact(found);
    both.rounded = rounded(half).rounded;
    kernel->normalise(rows.const_data_ptr<float>(), columns, kKernelRows, columns,
                      weight.const_data_ptr<float>(), bias.const_data_ptr<float>(), 1e-5F, both);
    EXPECT_LT(furthest(found, expected), 5e-5) << columns;
    EXPECT_TRUE(same_bits(half, found.to(at::kBFloat16)));
  }
}

TEST_P(RowKernelWidths, RoundsToTheNearestOf256Steps) {
  const std::int64_t columns = GetParam(), stride = columns + 3;
  const at::Tensor rows = random_rows(columns).to(at::kBFloat16).to(at::kFloat),
                   half = rows.to(at::kBFloat16);
  for (const RowKernels* kernel : kernels())
    for (const bool is_exact : {true, false}) {
      const at::Tensor integers = at::full({kKernelRows, stride}, 9, at::kByte);
      const at::Tensor lowest = at::empty({kKernelRows, 1}), steps = at::empty({kKernelRows, 1});
      if (is_exact)
        kernel->round_exact(rows.const_data_ptr<float>(), columns, kKernelRows, columns,
                            integers.mutable_data_ptr<std::uint8_t>(), stride,
                            lowest.mutable_data_ptr<float>(), steps.mutable_data_ptr<float>());
      else
        kernel->round_rounded(static_cast<const std::uint16_t*>(half.const_data_ptr()), columns, kKernelRows,
                              columns, integers.mutable_data_ptr<std::uint8_t>(), stride,
                              lowest.mutable_data_ptr<float>(), steps.mutable_data_ptr<float>());
      const at::Tensor found = integers.narrow(1, 0, columns).to(at::kFloat) * steps + lowest;
      EXPECT_TRUE(((found - rows).abs() <= steps * 0.501 + 1e-5 * rows.abs()).all().item<bool>()) << columns;
      EXPECT_TRUE(at::equal(lowest, rows.amin(1, true)));
      EXPECT_EQ(integers.narrow(1, columns, 3).sum().item<int>(), 0);
    }
}

TEST_P(RowKernelWidths, SoftmaxWeighsKeys) {
  const std::int64_t keys = GetParam(), padded = (keys + 63) / 64 * 64;
  at::manual_seed(4);
  const at::Tensor scores = at::randn({kKernelRows, padded}) * 4, bias = at::randn({kKernelRows + keys}),
                   gates = at::rand({kKernelRows});
  scores[2].add_(100);  // no sum overflows
  const at::Tensor own = scores.narrow(1, 0, keys).to(at::kDouble);
  at::Tensor expected = own.clone();
  for (std::int64_t row = 0; row < kKernelRows; ++row)  // the bias moves one step back per row
    expected[row] += gates[row].to(at::kDouble) * bias.narrow(0, kKernelRows - row, keys);
  expected = at::softmax(expected, 1);
  for (const RowKernels* kernel : kernels()) {
    const at::Tensor work = scores.clone(), numerators = at::full({kKernelRows, padded}, kNaN),
                     inverse = at::empty({kKernelRows, 1});
    SoftmaxInput input = {work.mutable_data_ptr<float>(), kKernelRows, keys, padded, nullptr, -1, nullptr};
    input.bias = bias.const_data_ptr<float>() + kKernelRows;
    input.gates = gates.const_data_ptr<float>();
    kernel->softmax(input, exact(numerators), inverse.mutable_data_ptr<float>());
    EXPECT_LT(furthest(numerators.narrow(1, 0, keys) * inverse, expected), 1e-5) << keys;
    EXPECT_EQ(numerators.narrow(1, keys, padded - keys).abs().sum().item<float>(), 0);
  }
}

TEST_P(RowKernelWidths, FinishesIntegersAndScalesRowsAndAddsThem) {
  const std::int64_t columns = GetParam();
  at::manual_seed(5);
  const at::Tensor sums = at::randint(-100000, 100000, {kKernelRows, columns}, at::kInt),
                   lowest = at::randn({kKernelRows}), steps = at::rand({kKernelRows}),
                   scales = at::rand({columns}), weights = at::randn({columns});
  const auto column = [](const at::Tensor& rows) { return rows.unsqueeze(1).to(at::kDouble); };
  const at::Tensor bias = at::randn({columns});
  const at::Tensor expected = at::relu(column(steps) * scales * sums + column(lowest) * weights + bias);
  for (const RowKernels* kernel : kernels()) {
    const at::Tensor totals = at::empty({kKernelRows, columns}), scaled = at::empty({kKernelRows, columns}),
                     sum = at::ones({columns});
    const IntegerScales from = {lowest.const_data_ptr<float>(), steps.const_data_ptr<float>(),
                                scales.const_data_ptr<float>(), weights.const_data_ptr<float>()};
    RowFinish to;
    to.bias = bias.const_data_ptr<float>();
    to.activation = Activation::relu;
    to.target = exact(totals);
    kernel->finish_integers(sums.const_data_ptr<std::int32_t>(), columns, kKernelRows, columns, from, to);
    EXPECT_LT(furthest(totals, expected), 0.03);
    kernel->scale_rows(totals.const_data_ptr<float>(), columns, kKernelRows, columns,
                       steps.const_data_ptr<float>(), exact(scaled));
    EXPECT_TRUE(at::equal(scaled, totals * steps.unsqueeze(1)));
    kernel->add_rows(totals.const_data_ptr<float>(), columns, kKernelRows, columns,
                     sum.mutable_data_ptr<float>());
    EXPECT_LT(furthest(sum, 1 + totals.to(at::kDouble).sum(0)), 0.2);
  }
}

// Whatever instructions the processor has.
TEST_P(RowKernelWidths, GivesTheSameBitsOnEveryProcessor) {
  const std::int64_t columns = GetParam(), padded = (columns + 63) / 64 * 64;
  const at::Tensor rows = random_rows(padded), bias = at::randn({padded}), weight = at::randn({padded}),
                   sums = at::randint(-100000, 100000, {kKernelRows, padded}, at::kInt);
  const auto all_of = [&](const RowKernels& kernel) {
    const at::Tensor found = at::zeros({3, kKernelRows, padded}),
                     half = at::zeros({2, kKernelRows, padded}, at::kBFloat16);
    const at::Tensor inverse = at::zeros({kKernelRows}), work = rows.clone();
    const at::Tensor integers = at::zeros({kKernelRows, padded}, at::kByte),
                     lowest = at::zeros({kKernelRows}), steps = at::zeros({kKernelRows});
    RowFinish to;
    to.bias = bias.const_data_ptr<float>();
    to.activation = Activation::gelu;
    to.target = exact(found[0]);
    kernel.finish(rows.const_data_ptr<float>(), padded, kKernelRows, columns, to);
    to.target = rounded(half[0]);
    kernel.finish(rows.const_data_ptr<float>(), padded, kKernelRows, columns, to);
    kernel.normalise(rows.const_data_ptr<float>(), padded, kKernelRows, columns,
                     weight.const_data_ptr<float>(), bias.const_data_ptr<float>(), 1e-5F, exact(found[1]));
    to.target = exact(found[2]);
    kernel.finish_integers(sums.const_data_ptr<std::int32_t>(), padded, kKernelRows, columns,
                           {rows.const_data_ptr<float>(), bias.const_data_ptr<float>(),
                            weight.const_data_ptr<float>(), bias.const_data_ptr<float>()},
                           to);
    kernel.softmax({work.mutable_data_ptr<float>(), kKernelRows, columns, padded,
                    bias.const_data_ptr<float>(), 0, nullptr},
                   rounded(half[1]), inverse.mutable_data_ptr<float>());
    kernel.round_exact(rows.const_data_ptr<float>(), padded, kKernelRows, columns,
                       integers.mutable_data_ptr<std::uint8_t>(), padded, lowest.mutable_data_ptr<float>(),
                       steps.mutable_data_ptr<float>());
    return at::cat({found.flatten(), half.to(at::kFloat).flatten(), inverse,
                    integers.to(at::kFloat).flatten(), lowest, steps});
  };
  const at::Tensor expected = all_of(*portable_row_kernels());
  for (const RowKernels* kernel : kernels()) EXPECT_TRUE(same_bits(all_of(*kernel), expected)) << columns;
}

INSTANTIATE_TEST_SUITE_P(Columns, RowKernelWidths,
                         ::testing::Values(1, 7, 15, 16, 17, 48, 64, 200, 499, 768));

TEST(RowKernels, GeluIsExactToFloat32) {
  const at::Tensor x = at::linspace(-9, 9, 180001), found = at::empty_like(x);
  const at::Tensor expected = at::gelu(x.to(at::kDouble));
  for (const RowKernels* kernel : kernels()) {
    RowFinish to;
    to.activation = Activation::gelu;
    to.target = {found.mutable_data_ptr<float>(), nullptr, x.size(0)};
    kernel->finish(x.const_data_ptr<float>(), x.size(0), 1, x.size(0), to);
    EXPECT_LT(furthest(found, expected), 1e-6);
    EXPECT_LT(
        (found - expected).div(expected).abs().masked_select(x.abs() < 1).nan_to_num(0).max().item<double>(),
        1e-6);
  }
}

TEST(RowKernels, WhatIsNoNumberStaysNone) {
  for (const std::int64_t columns : {5, 40})
    for (const std::int64_t place : {std::int64_t{0}, columns - 1})
      for (const RowKernels* kernel : kernels()) {
        at::Tensor row = at::randn({1, columns}), found = at::zeros({1, 64}), ones = at::ones({64});
        row[0][place] = kNaN;
        const auto* data = row.const_data_ptr<float>();
        kernel->normalise(data, columns, 1, columns, ones.const_data_ptr<float>(),
                          ones.const_data_ptr<float>(), 1e-5F, exact(found));
        EXPECT_TRUE(found.narrow(1, 0, columns).isnan().all().item<bool>());
        std::vector<std::uint8_t> integers(64);
        float lowest = 0, step = 0;
        kernel->round_exact(data, columns, 1, columns, integers.data(), columns, &lowest, &step);
        EXPECT_TRUE(std::isnan(lowest));
        at::Tensor scores = at::zeros({1, 64});
        scores.narrow(1, 0, columns).copy_(row);
        float inverse = 0;
        kernel->softmax({scores.mutable_data_ptr<float>(), 1, columns, 64, nullptr, 0, nullptr}, exact(found),
                        &inverse);
        EXPECT_TRUE(std::isnan(inverse));
        RowFinish to;
        to.activation = Activation::gelu;
        to.target = exact(found);
        kernel->finish(data, columns, 1, columns, to);
        EXPECT_TRUE(std::isnan(found[0][place].item<float>()));
      }
}

}  // namespace
}  // namespace qamro::nn
