#include "qamro/nn/inference_linear.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace qamro::nn {
namespace {

struct Layer {
  at::Tensor weight, bias, input, residual;

  Layer() {
    at::manual_seed(8);
    weight = at::randn({40, 96}) / 10;
    bias = at::randn({40});
    input = at::randn({50, 96});
    residual = at::randn({50, 40});
  }
  at::Tensor exact() const {
    return at::linear(input.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble));
  }
};

double relative_difference(const at::Tensor& found, const at::Tensor& expected) {
  EXPECT_EQ(found.sizes(), expected.sizes());
  return ((found.to(at::kDouble) - expected).norm() / expected.norm()).item<double>();
}

class InferenceLinearPrecisions : public ::testing::TestWithParam<std::pair<Precision, double>> {};

TEST_P(InferenceLinearPrecisions, IsNear) {
  const auto [precision, tolerance] = GetParam();
  const Layer layer;
  const InferenceLinear plain(layer.weight, layer.bias, 25, precision);
  const InferenceLinear activated(layer.weight, layer.bias, 25, precision, Activation::gelu);
  EXPECT_LT(relative_difference(plain(layer.input), layer.exact()), tolerance);
  EXPECT_LT(relative_difference(activated(layer.input), at::gelu(layer.exact())), tolerance);
  const at::Tensor sum = plain(layer.input, layer.residual);
  EXPECT_EQ(sum.scalar_type(), at::kFloat);
  EXPECT_LT(relative_difference(sum, layer.exact() + layer.residual), tolerance);
}

TEST_P(InferenceLinearPrecisions, RowsThatFillNoBlockHaveTheSameBits) {
  const Layer layer;
  const InferenceLinear linear(layer.weight, layer.bias, 25, GetParam().first, Activation::gelu);
  const InferenceLinear plain(layer.weight, layer.bias, 25, GetParam().first);
  const at::Tensor whole = linear(layer.input), sum = plain(layer.input, layer.residual);
  for (const std::int64_t rows : {0, 1, 14, 26, 49}) {
    const at::Tensor input = layer.input.narrow(0, 0, rows);
    EXPECT_TRUE(at::equal(linear(input), whole.narrow(0, 0, rows))) << rows;
    EXPECT_TRUE(at::equal(plain(input, layer.residual.narrow(0, 0, rows)), sum.narrow(0, 0, rows))) << rows;
  }
}

INSTANTIATE_TEST_SUITE_P(All, InferenceLinearPrecisions,
                         ::testing::Values(std::pair{Precision::fp32, 1e-6}, std::pair{Precision::bf16, 5e-3},
                                           std::pair{Precision::int8, 1e-2}));

// Weights of which every other is zero: no pair of products saturates, so that the arithmetic is right on
// processors without a dot product, too. Rows far from zero, and constant ones.
TEST(DotProductLinear, IsNear) {
  Layer layer;
  layer.weight.view({40, 48, 2}).select(2, 1).fill_(0);
  layer.input.narrow(0, 10, 10).add_(5);
  layer.input.narrow(0, 20, 5).fill_(-3);
  const DotProductLinear linear(layer.weight, layer.bias, 25);
  EXPECT_LT(relative_difference(linear(layer.input), layer.exact()), 1e-2);
  for (const std::int64_t row : {0, 12, 22})
    EXPECT_LT(relative_difference(linear(layer.input.narrow(0, row, 1)), layer.exact().narrow(0, row, 1)),
              1e-2);
}

TEST(IntegerConvolution, IsNear) {
  at::manual_seed(9);
  const at::Tensor weight = at::randn({20, 6, 3}) / 4;
  const at::Tensor input = at::randn({1, 6, 1, 50}).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor expected =
      at::gelu(at::conv1d(input.squeeze(2).to(at::kDouble), weight.to(at::kDouble), {}, 2));
  const at::Tensor found = IntegerConvolution(weight, 2, kWide)(input);
  EXPECT_TRUE(found.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_LT(relative_difference(found.squeeze(2), expected), 2e-3);
}

TEST(InferenceLinear, RoundsAsThePrecisionSays) {
  const Layer layer;
  const auto difference = [&](Precision precision) {
    return relative_difference(InferenceLinear(layer.weight, layer.bias, 25, precision)(layer.input),
                               layer.exact());
  };
  if (has_integer_dot_product())
    EXPECT_GT(difference(Precision::int8), 2e-3);
  else
    EXPECT_EQ(difference(Precision::int8), difference(Precision::bf16));
  const bool rounds = has_bfloat16_instructions() || uses_wide_integers(Precision::bf16);
  EXPECT_GT(difference(Precision::bf16), rounds ? 2e-4 : 0);
}

}  // namespace
}  // namespace qamro::nn
