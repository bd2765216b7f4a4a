#include "qamro/nn/image_convolution.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "qamro/core/error.h"

namespace qamro::nn {
namespace {

struct Case {
  std::int64_t in, out, height, width, stride;
};

void PrintTo(const Case& c, std::ostream* stream) {
  *stream << c.in << "x" << c.height << "x" << c.width << " to " << c.out << ", stride " << c.stride;
}

at::Tensor random_image(const Case& c) {
  at::manual_seed(3);
  return at::randn({1, c.in, c.height, c.width}).contiguous(at::MemoryFormat::ChannelsLast);
}

double difference_from(const at::Tensor& found, const at::Tensor& expected) {
  return (found - expected).abs().max().item<double>();
}

class Winograd : public ::testing::TestWithParam<Case> {};

// Heights whose output fills the tiles of four rows, or leaves one, two or three.
INSTANTIATE_TEST_SUITE_P(Shapes, Winograd,
                         ::testing::Values(Case{1, 1, 3, 3, 1}, Case{16, 32, 6, 7, 1}, Case{16, 32, 7, 7, 2},
                                           Case{3, 5, 8, 9, 2}, Case{17, 33, 9, 12, 2},
                                           Case{128, 64, 101, 39, 2}));

// Lavin and Gray give F(4, 3) an error one order of magnitude above the plain sum's.
TEST_P(Winograd, EqualsTheConvolutionWithinTenTimesThePlainSumsRounding) {
  const Case c = GetParam();
  const at::Tensor image = random_image(c);
  const at::Tensor weight = at::randn({c.out, c.in, 3, 3}) / std::sqrt(9.0 * static_cast<double>(c.in));
  const at::Tensor bias = at::randn({c.out});
  for (const Activation activation : {Activation::none, Activation::relu, Activation::leaky_relu}) {
    const WinogradConvolution convolution(weight, bias, image.sizes(), {{1, c.stride}, activation, 0.1});
    at::Tensor expected =
        at::conv2d(image.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble), {1, c.stride});
    if (activation == Activation::relu) expected = at::relu(expected);
    if (activation == Activation::leaky_relu) expected = at::leaky_relu(expected, 0.1);
    const at::Tensor found = convolution(image);
    ASSERT_EQ(found.sizes(), expected.sizes());
    const PackedConvolution plain(weight, bias, image.sizes(), {{1, c.stride}, activation, 0.1});
    EXPECT_LT(difference_from(found, expected), 10 * difference_from(plain(image), expected) + 1e-6);
  }
}

TEST(WinogradConvolution, RefusesWhatItCannotDo) {
  const at::Tensor weight = at::randn({4, 2, 3, 3}), bias = at::randn({4});
  const std::vector<std::int64_t> shape = {1, 2, 9, 9};
  EXPECT_THROW(WinogradConvolution(weight, bias, shape, {{2, 1}, Activation::none, 0}), InvalidInput);
  EXPECT_THROW(WinogradConvolution(weight.to(at::kDouble), bias, shape, {}), InvalidInput);
  EXPECT_THROW(WinogradConvolution(at::randn({4, 2, 5, 5}), bias, shape, {}), InvalidInput);
  EXPECT_THROW(WinogradConvolution(weight, at::randn({3}), shape, {}), InvalidInput);
  EXPECT_THROW(WinogradConvolution(weight, bias, {1, 3, 9, 9}, {}), InvalidInput);
}

}  // namespace
}  // namespace qamro::nn
