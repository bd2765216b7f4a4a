#include "qamro/nn/image_convolution.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "qamro/core/error.h"
#include "qamro/core/processor.h"

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
  const Convolution c = random_convolution(64, 64);
  for (const bool is_plain : {false, true}) {
    if (!is_plain && processor().tier < Tier::avx512_bf16) continue;
    const PackedConvolution packed(c.weight.to(at::kBFloat16), c.bias.to(at::kBFloat16), c.input.sizes(), {},
                                   is_plain);
    const at::Tensor found = packed(c.input.to(at::kBFloat16));
    EXPECT_EQ(found.scalar_type(), at::kBFloat16);
    EXPECT_LT(largest_difference(found, at::conv2d(c.input, c.weight, c.bias)), 0.15);
  }
}

// What fails on a processor with bfloat16 must fail on every processor.
TEST(PackedConvolution, RefusesAnotherType) {
  const Convolution c = random_convolution(4, 4);
  const PackedConvolution plain(c.weight.to(at::kBFloat16), c.bias.to(at::kBFloat16), c.input.sizes(), {},
                                true);
  EXPECT_THROW(plain(c.input), InvalidInput);
}

}  // namespace
}  // namespace qamro::nn
