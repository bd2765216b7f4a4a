#include "qamro/losses/soft_rank.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "losses/loss_checks.h"
#include "losses/pairwise_oracle.h"
#include "qamro/losses/argsort.h"

namespace qamro::losses {
namespace {

using ::testing::ElementsAre;

// r is the projection of z onto the hull of all orders of (1, ..., n) if and only if it is in the hull and
// <z - r, u - r> <= 0 for every corner u.
void expect_projection(const std::vector<double>& z, const std::vector<double>& r, double tolerance) {
  const std::size_t n = z.size();
  std::vector<double> sorted = r;
  std::sort(sorted.begin(), sorted.end());
  double sum = 0;
  for (std::size_t k = 0; k < n; ++k) {  // Rado: the hull is what (1, ..., n) majorises
    sum += sorted[k];
    EXPECT_GE(sum, 0.5 * static_cast<double>((k + 1) * (k + 2)) - tolerance);
  }
  EXPECT_NEAR(sum, 0.5 * static_cast<double>(n * (n + 1)), tolerance);
  std::vector<double> corner(n);
  std::iota(corner.begin(), corner.end(), 1.0);
  double nearest = -1;
  do {
    double product = 0;
    for (std::size_t i = 0; i < n; ++i) product += (z[i] - r[i]) * (corner[i] - r[i]);
    nearest = std::max(nearest, product);
  } while (std::next_permutation(corner.begin(), corner.end()));
  EXPECT_LE(nearest, tolerance);
}

TEST(SoftRank, TwoAndThreeElementsByHand) {
  // In one block: 1.5 -+ half the difference over the strength. Far apart: hard ranks.
  EXPECT_THAT(values_of(soft_rank(column({0.3, 0.1}))),
              ElementsAre(::testing::DoubleEq(1.6), ::testing::DoubleEq(1.4)));
  EXPECT_THAT(values_of(soft_rank(column({3.0, 1.0}))), ElementsAre(2.0, 1.0));
  EXPECT_THAT(values_of(soft_rank(column({3.0, 1.0}), 4.0)), ElementsAre(1.75, 1.25));
  // {0.25, 0.75} is a block of ranks 1 and 2; 5 is alone.
  EXPECT_THAT(values_of(soft_rank(column({0.75, 5.0, 0.25}))), ElementsAre(1.75, 3.0, 1.25));
}

TEST(SoftRank, IsTheProjection) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const double strength : {0.05, 0.3, 1.0, 10.0}) {
      std::vector<double> z = random_case(6, seed % 2 == 0 ? 0 : 8, seed).target;
      const std::vector<double> ranks = values_of(soft_rank(column(z), strength));
      for (double& value : z) value /= strength;
      expect_projection(z, ranks, 1e-10);
    }
  }
}

TEST(SoftRank, BecomesHard) {
  const std::vector<double> values = random_case(500, 0, 3).target;
  EXPECT_EQ(values_of(soft_rank(column(values), 1e-12)), midranks(values));
  EXPECT_EQ(values_of(soft_rank(column(values), 1e-310)), midranks(values));
}

TEST(SoftRank, EqualValuesShareTheirRankExactly) {
  const std::vector<double> values = random_case(500, 7, 4).target;
  EXPECT_EQ(values_of(soft_rank(column(values), 1e-4)), midranks(values));
  EXPECT_EQ(values_of(soft_rank(column(values), 1e-300)), midranks(values));
  EXPECT_THAT(values_of(soft_rank(column({2.0, 2.0, 2.0}))), ElementsAre(2.0, 2.0, 2.0));
}

TEST(SoftRank, BecomesFlat) {
  EXPECT_TRUE(at::allclose(soft_rank(column({1.0, -7.0, 4.0}), 1e12), column({2.0, 2.0, 2.0}), 0, 1e-10));
}

TEST(SoftRank, GradientByCentralDifferences) {
  const at::Tensor direction = at::arange(40, at::kDouble).sin();
  const at::Tensor values = column(random_case(40, 0, 5).target);
  for (const double strength : {0.02, 0.1, 1.0, 30.0}) {
    const ScalarLoss project = [&](const at::Tensor& v) {
      return (soft_rank(v, strength) * direction).sum();
    };
    expect_gradient(project, values, 1e-7);
  }
}

TEST(SoftRank, GradientOfABlockIsItsDeviation) {
  // Block {0.75, 0.25}: (g - mean(g)) / strength, with g = 1, 4; 5 is alone.
  const ScalarLoss project = [](const at::Tensor& v) {
    return (soft_rank(v) * column({1.0, 2.0, 4.0})).sum();
  };
  EXPECT_THAT(values_of(gradient_of(project, column({0.75, 5.0, 0.25}))), ElementsAre(-1.5, 0.0, 1.5));
  // Exactly `strength` apart: one block, so that the order matters.
  EXPECT_THAT(values_of(gradient_of(project, column({1.0, 5.0, 2.0}))), ElementsAre(-1.5, 0.0, 1.5));
}

TEST(SoftRank, SecondDerivativeIsZeroByValuesAndLinearInWhatFollows) {
  const at::Tensor v = parameter(column({0.75, 5.0, 0.25}));
  const at::Tensor ranks = soft_rank(v);
  const auto first = torch::autograd::grad({(ranks * ranks).sum()}, {v}, {}, true, true)[0];
  EXPECT_THAT(values_of(first), ElementsAre(0.5, 0.0, -0.5));
  // J = [[1/2, -1/2], [-1/2, 1/2]] on the block: the derivative of 2 J r in v is 2 J J = 2 J.
  EXPECT_THAT(values_of(torch::autograd::grad({first[0]}, {v})[0]), ElementsAre(1.0, 0.0, -1.0));
}

TEST(SoftRank, ColumnsDtypesAndStrides) {
  const at::Tensor values = at::arange(30, at::kDouble).sin().reshape({3, 10}).t();
  const at::Tensor ranks = soft_rank(values, 0.1);
  EXPECT_EQ(ranks.sizes(), values.sizes());
  for (int64_t axis = 0; axis < 3; ++axis)
    EXPECT_TRUE(at::equal(ranks.select(1, axis), soft_rank(values.select(1, axis).contiguous(), 0.1)));
  const at::Tensor single = values.to(at::kFloat);
  EXPECT_EQ(soft_rank(single).scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(soft_rank(single), soft_rank(single.to(at::kDouble)).to(at::kFloat)));
  expect_gradient([](const at::Tensor& v) { return soft_rank(v, 0.1).square().sum(); }, values.contiguous(),
                  1e-6);
}

TEST(SoftRank, OneAndNoElement) {
  EXPECT_THAT(values_of(soft_rank(column({-3.0}))), ElementsAre(1.0));
  for (const at::Tensor& nothing :
       {column({}), at::zeros({0, 2}, at::kDouble), at::zeros({2, 0}, at::kDouble)}) {
    const at::Tensor v = parameter(nothing);
    const at::Tensor ranks = soft_rank(v);
    EXPECT_EQ(ranks.sizes(), nothing.sizes());
    EXPECT_TRUE(ranks.requires_grad());
  }
}

TEST(SoftRank, AMillionElementsInSeconds) {
  const at::Tensor values = at::arange(1000000, at::kDouble).sin();
  const auto start = std::chrono::steady_clock::now();
  const at::Tensor slope =
      gradient_of([](const at::Tensor& v) { return soft_rank(v, 1e-6).square().sum(); }, values);
  EXPECT_TRUE(slope.isfinite().all().item<bool>());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));  // n^2 would take hours
  EXPECT_NEAR(soft_rank(values, 1e-6).sum().item<double>(), 500000500000.0, 1e-2);
}

TEST(SoftRank, Refuses) {
  using ::testing::HasSubstr;
  for (const double bad : {0.0, -1.0, kNan, std::numeric_limits<double>::infinity()})
    EXPECT_THAT(message_of([&] { soft_rank(column({1.0}), bad); }),
                HasSubstr("soft_rank: regularization_strength: expected a finite number > 0, got"));
  EXPECT_THAT(message_of([&] {
                soft_rank(column({1.0, kNan}));
              }),
              HasSubstr("soft_rank: values: expected finite values, got nan at [1]"));
  EXPECT_THAT(message_of([&] { soft_rank(at::zeros({})); }),
              HasSubstr("expected shape [n] or [n, axes], got shape []"));
  EXPECT_THAT(message_of([&] { soft_rank(at::zeros({2}, at::kLong)); }),
              HasSubstr("expected float32 or float64"));
  EXPECT_THAT(message_of([&] {
                soft_rank(column({-1.7e308, -0.8e308, 0.1e308, 1e308, 1.7e308}), 1e308);
              }),
              HasSubstr("soft_rank: values: expected differences that are finite"));
}

}  // namespace
}  // namespace qamro::losses
