#include "qamro/nn/autocast.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace qamro::nn {
namespace {

TEST(Autocast, RoundsProductsWhileItLives) {
  const at::Tensor ones = at::ones({4, 4});
  const auto type = [&] { return at::matmul(ones, ones).scalar_type(); };
  {
    const Autocast half(at::kCPU, Precision::fp16);
    EXPECT_EQ(type(), at::kHalf);
    {
      const Autocast brain(at::kCPU, Precision::bf16);
      EXPECT_EQ(type(), at::kBFloat16);
    }
  }
  EXPECT_EQ(type(), at::kFloat);
  const Autocast nothing(at::kCPU, Precision::fp32);
  EXPECT_EQ(type(), at::kFloat);
}

// Row 1 leaves float16's range.
TEST(InPrecision, TakesRowsThatAreNotFiniteFromFp32) {
  int runs = 0;
  const auto run = [&](Precision precision) {
    ++runs;
    at::Tensor rows = at::arange(12, at::kFloat).view({3, 2, 2});
    if (precision == Precision::fp32) return rows + 100;
    rows[1][0][1] = std::numeric_limits<float>::infinity();
    return rows;
  };
  const at::Tensor found = in_precision(Precision::fp16, run);
  at::Tensor expected = at::arange(12, at::kFloat).view({3, 2, 2});
  expected[1] += 100;
  EXPECT_TRUE(at::equal(found, expected));
  EXPECT_EQ(runs, 2);
  EXPECT_TRUE(
      at::equal(in_precision(Precision::fp32, run), at::arange(12, at::kFloat).view({3, 2, 2}) + 100));
  EXPECT_EQ(runs, 3);
}

TEST(InPrecision, RunsOnceWhereAllIsFinite) {
  int runs = 0;
  in_precision(Precision::bf16, [&](Precision) { return ++runs, at::zeros({2, 3}); });
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace qamro::nn
