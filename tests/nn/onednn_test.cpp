#include "qamro/nn/onednn.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "qamro/nn/precision.h"

namespace qamro::nn {
namespace {

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

struct Convolution {
  at::Tensor weight, bias, input;
};

Convolution random_convolution(std::int64_t in, std::int64_t out) {
  at::manual_seed(5);
  return {at::randn({out, in, 3, 3}) / 3, at::randn({out}),
          at::randn({1, in, 11, 17}).contiguous(at::MemoryFormat::ChannelsLast)};
}

TEST(PackedConvolution, EqualsConv2d) {
  for (const auto& [in, out] : {std::pair<std::int64_t, std::int64_t>{2, 64}, {64, 128}, {3, 5}}) {
    const Convolution c = random_convolution(in, out);
    const ConvolutionOptions options = {{2, 1}, Activation::leaky_relu, 0.1};
    const PackedConvolution packed(c.weight, c.bias, c.input.sizes(), options);
    const at::Tensor expected = at::leaky_relu(
        at::conv2d(c.input.to(at::kDouble), c.weight.to(at::kDouble), c.bias.to(at::kDouble), {2, 1}), 0.1);
    const at::Tensor found = packed(c.input);
    EXPECT_TRUE(found.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_LT(largest_difference(found, expected), 3e-5) << in << ' ' << out;
  }
}

TEST(PackedConvolution, TakesBfloat16) {
  if (!has_bfloat16_instructions()) GTEST_SKIP() << "the processor has no bfloat16";
  const Convolution c = random_convolution(64, 64);
  const PackedConvolution packed(c.weight.to(at::kBFloat16), c.bias.to(at::kBFloat16), c.input.sizes(), {});
  const at::Tensor found = packed(c.input.to(at::kBFloat16));
  EXPECT_EQ(found.scalar_type(), at::kBFloat16);
  EXPECT_LT(largest_difference(found, at::conv2d(c.input, c.weight, c.bias)), 0.15);
}

TEST(PackedLinear, EqualsLinear) {
  at::manual_seed(6);
  const at::Tensor weight = at::randn({37, 50}), bias = at::randn({37}), input = at::randn({48, 50}),
                   residual = at::randn({48, 37});
  const at::Tensor expected = at::linear(input.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble));
  EXPECT_LT(largest_difference(PackedLinear(weight, bias, 48)(input), expected), 3e-5);
  EXPECT_LT(largest_difference(PackedLinear(weight, bias, 48, Activation::relu)(input), at::relu(expected)),
            3e-5);
  EXPECT_LT(largest_difference(PackedLinear(weight, bias, 48, Activation::gelu)(input), at::gelu(expected)),
            3e-5);
  EXPECT_LT(largest_difference(PackedLinear(weight, bias, 48)(input, residual), expected + residual), 3e-5);
}

// Whole blocks, and rows that do not fill them; a row has the same bits in whatever number of blocks.
TEST(PackedLinear, TakesAnyNumberOfRows) {
  at::manual_seed(6);
  const at::Tensor weight = at::randn({37, 50}), bias = at::randn({37}), input = at::randn({100, 50}),
                   residual = at::randn({100, 37});
  const at::Tensor expected =
      at::linear(input.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble)) + residual;
  const PackedLinear packed(weight, bias, 25);
  for (const std::int64_t rows : {1, 24, 25, 26, 50, 75, 100}) {
    const at::Tensor found = packed(input.narrow(0, 0, rows), residual.narrow(0, 0, rows));
    EXPECT_LT(largest_difference(found, expected.narrow(0, 0, rows)), 3e-5) << rows;
  }
  EXPECT_TRUE(at::equal(packed(input).narrow(0, 25, 25), packed(input.narrow(0, 25, 25))));
}

}  // namespace
}  // namespace qamro::nn
