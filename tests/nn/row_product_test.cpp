#include "qamro/nn/row_product.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <limits>

#include "nn/tiers.h"
#include "qamro/core/error.h"
#include "qamro/nn/inference_layers.h"

namespace qamro::nn {
namespace {

constexpr std::int64_t kRows = 203, kInputs = 96, kOutputs = 200;  // neither blocks nor panels are full

struct Layer {
  at::Tensor weight, bias, input, residual;

  Layer() {
    at::manual_seed(8);
    weight = at::randn({kOutputs, kInputs}) / 10;
    bias = at::randn({kOutputs});
    input = at::randn({kRows, kInputs});
    input.narrow(0, 10, 10).add_(5);  // rows far from zero, and constant ones
    input.narrow(0, 20, 5).fill_(-3);
    residual = at::randn({kRows, kOutputs});
  }
  at::Tensor exact() const {
    return at::linear(input.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble));
  }
};

double relative_difference(const at::Tensor& found, const at::Tensor& expected) {
  EXPECT_EQ(found.sizes(), expected.sizes());
  return ((found.to(at::kDouble) - expected).norm() / expected.norm()).item<double>();
}

double tolerance(ProductKind kind) {
  return kind == ProductKind::fp32 ? 1e-6 : kind == ProductKind::int8 ? 1e-2 : 5e-3;
}

TEST(InferenceLinear, IsNearInEveryArithmetic) {
  const Layer layer;
  for (const Arithmetic& arithmetic : all_arithmetics()) {
    const double limit = tolerance(arithmetic.linear);
    const at::Tensor input = layer.input.to(arithmetic.rows);
    const InferenceLinear plain(layer.weight, layer.bias, arithmetic);
    const InferenceLinear gelu(layer.weight, layer.bias, arithmetic, Activation::gelu);
    EXPECT_LT(relative_difference(plain(input), layer.exact()), limit) << arithmetic;
    EXPECT_LT(relative_difference(gelu(input), at::gelu(layer.exact())), limit) << arithmetic;
    EXPECT_EQ(plain(input).scalar_type(), arithmetic.rows);
    const at::Tensor sum = plain.add(input, layer.residual);
    EXPECT_EQ(sum.scalar_type(), at::kFloat);
    EXPECT_LT(relative_difference(sum, layer.exact() + layer.residual), limit) << arithmetic;
    if (arithmetic.linear != ProductKind::fp32) {
      EXPECT_GT(relative_difference(sum, layer.exact() + layer.residual), 2e-5)
          << arithmetic << " rounds nothing";
    }
  }
}

// The same numbers are rounded the same way; only the order of sums and a result's last bit may differ.
TEST(InferenceLinear, EqualsThePlainReferenceOfItsTier) {
  const Layer layer;
  for (const Arithmetic& fast : all_arithmetics()) {
    if (fast.processor.is_plain) continue;
    Arithmetic plain = fast;
    plain.processor.is_plain = true;
    const at::Tensor input = layer.input.to(fast.rows);
    const at::Tensor expected = InferenceLinear(layer.weight, layer.bias, plain).add(input, layer.residual);
    const at::Tensor found = InferenceLinear(layer.weight, layer.bias, fast).add(input, layer.residual);
    EXPECT_LT(relative_difference(found, expected.to(at::kDouble)), 1e-6) << fast;
  }
}

TEST(InferenceLinear, ARowHasTheSameBitsAmongAnyOthers) {
  const Layer layer;
  for (const Arithmetic& arithmetic : all_arithmetics()) {
    const InferenceLinear linear(layer.weight, layer.bias, arithmetic, Activation::gelu);
    const at::Tensor input = layer.input.to(arithmetic.rows);
    const at::Tensor whole = linear(input), sum = linear.add(input, layer.residual);
    for (const std::int64_t first : {0, 1, 37})
      for (const std::int64_t rows : {0, 1, 2, 5, 14, 16, 31, 33, 64, 100, 161}) {
        const at::Tensor own = input.narrow(0, first, rows);
        EXPECT_TRUE(at::equal(linear(own), whole.narrow(0, first, rows))) << arithmetic << ' ' << rows;
        EXPECT_TRUE(
            at::equal(linear.add(own, layer.residual.narrow(0, first, rows)), sum.narrow(0, first, rows)))
            << arithmetic << ' ' << rows;
      }
  }
}

TEST(InferenceLinear, WhatIsNoNumberStaysInItsRow) {
  Layer layer;
  const at::Tensor clean = layer.input.clone();
  layer.input[40][3] = std::numeric_limits<float>::quiet_NaN();
  for (const Arithmetic& arithmetic : all_arithmetics()) {
    if (arithmetic.linear == ProductKind::wide) continue;  // takes only finite numbers
    const InferenceLinear linear(layer.weight, layer.bias, arithmetic);
    const at::Tensor found = linear(layer.input.to(arithmetic.rows)),
                     expected = linear(clean.to(arithmetic.rows));
    EXPECT_TRUE(found[40].isnan().all().item<bool>()) << arithmetic;
    EXPECT_TRUE(at::equal(found.narrow(0, 0, 40), expected.narrow(0, 0, 40))) << arithmetic;
    EXPECT_TRUE(at::equal(found.narrow(0, 41, 9), expected.narrow(0, 41, 9))) << arithmetic;
  }
}

// Kernels read bare memory, so the wrong type is refused before a kernel sees it, on every tier alike.
TEST(InferenceLinear, RefusesRowsOfAnotherTypeOrWidth) {
  const Layer layer;
  for (const Arithmetic& arithmetic : all_arithmetics()) {
    const InferenceLinear linear(layer.weight, layer.bias, arithmetic);
    const auto other = arithmetic.rows == at::kFloat ? at::kBFloat16 : at::kFloat;
    EXPECT_THROW(linear(layer.input.to(other)), InvalidInput) << arithmetic;
    EXPECT_THROW(linear(layer.input.narrow(1, 0, 95).to(arithmetic.rows)), InvalidInput) << arithmetic;
    EXPECT_THROW(linear.add(layer.input.to(arithmetic.rows), layer.residual.to(at::kBFloat16)), InvalidInput);
    EXPECT_THROW(linear.write(layer.input.to(arithmetic.rows), at::empty({kRows, kOutputs}, at::kDouble)),
                 InvalidInput);
  }
}

// Kernels of several steps and of one, strides that overlap and that skip, and one input channel, as in the
// first convolution.
TEST(InferenceConvolution, IsNearInEveryArithmetic) {
  at::manual_seed(9);
  for (const Arithmetic& arithmetic : all_arithmetics())
    for (const auto& [channels, kernel, stride] :
         {std::array<std::int64_t, 3>{6, 3, 2}, {32, 3, 1}, {16, 1, 3}, {1, 10, 5}, {48, 2, 2}, {5, 3, 2}})
      for (const ProductKind kind : {arithmetic.convolution, arithmetic.linear}) {
        const at::Tensor weight = at::randn({20, channels, kernel}) / 4, bias = at::randn({20});
        const at::Tensor input = at::randn({57, channels}).to(arithmetic.rows);
        const at::Tensor expected = at::gelu(at::conv1d(
            input.to(at::kDouble).t().unsqueeze(0), weight.to(at::kDouble), bias.to(at::kDouble), stride))[0]
                                        .t();
        const InferenceConvolution convolution(weight, bias, stride, kind, arithmetic, Activation::gelu);
        EXPECT_LT(relative_difference(convolution(input), expected), 1.5 * tolerance(kind)) << arithmetic;
      }
}

}  // namespace
}  // namespace qamro::nn
