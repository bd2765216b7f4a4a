#include "qamro/losses/ranking_axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "losses/pairwise_oracle.h"
#include "qamro/core/error.h"

namespace qamro::losses {
namespace {

using Numbers = std::vector<double>;
using ::testing::ElementsAre;

struct Result {
  PairwiseHingeSum sum;
  Numbers gradient;
};

Result run(const Numbers& p, const Numbers& y, const Numbers& w, double margin, double margin_scale) {
  Result result;
  result.gradient.assign(p.size(), std::numeric_limits<double>::quiet_NaN());  // every entry must be written
  result.sum = pairwise_hinge(p, y, w, margin, margin_scale, result.gradient);
  return result;
}

Result run(const Numbers& p, const Numbers& y, double margin, double margin_scale) {
  return run(p, y, Numbers(p.size(), 1.0), margin, margin_scale);
}

// Within 1e-12 of the pair loop, relative to the value and to 1 plus the gradient's magnitude.
void expect_as_oracle(const RandomCase& data, double margin, double margin_scale) {
  const Result got = run(data.prediction, data.target, data.weight, margin, margin_scale);
  const OracleResult want = pairwise_oracle(data.prediction, data.target, data.weight, margin, margin_scale);
  EXPECT_EQ(got.sum.pairs, want.pairs);
  EXPECT_LE(std::abs(got.sum.value - static_cast<double>(want.value)),
            1e-12 * static_cast<double>(want.value));
  for (std::size_t i = 0; i < got.gradient.size(); ++i)
    EXPECT_LE(std::abs(got.gradient[i] - static_cast<double>(want.gradient[i])),
              1e-12 * (1.0 + std::abs(static_cast<double>(want.gradient[i]))))
        << "element " << i;
}

TEST(PairwiseHinge, NothingAndOneElementHaveNoPair) {
  EXPECT_EQ(run({}, {}, 0.1, 0.2).sum.pairs, 0U);
  const Result one = run({3.0}, {4.0}, 0.1, 0.2);
  EXPECT_EQ(one.sum.pairs, 0U);
  EXPECT_EQ(one.sum.value, 0.0);
  EXPECT_THAT(one.gradient, ElementsAre(0.0));
}

TEST(PairwiseHinge, ClosedFormOfOnePair) {
  // 0.5 + 0.2 * (4 - 2) - (1 - 3) = 2.9, weighted by the higher element's 7.
  const Result pair = run({1.0, 3.0}, {4.0, 2.0}, {7.0, 2.0}, 0.5, 0.2);
  EXPECT_EQ(pair.sum.pairs, 1U);
  EXPECT_DOUBLE_EQ(pair.sum.value, 7.0 * 2.9);
  EXPECT_THAT(pair.gradient, ElementsAre(-7.0, 7.0));
}

TEST(PairwiseHinge, MassesMultiplyTheirPairs) {
  for (const std::size_t n : {2U, 3U, 9U, 17U, 300U})
    for (const std::uint64_t levels : {0U, 5U}) {
      const RandomCase data = random_case(n, levels, n);
      Random random(n);
      Numbers mass(n);
      for (double& one : mass) one = random.uniform() < 0.2 ? 0.0 : 3.0 * random.uniform();
      Numbers gradient(n);
      const auto got = pairwise_hinge(data.prediction, data.target, data.weight, 0.1, 0.2, gradient, mass);
      const OracleResult want = pairwise_oracle(data.prediction, data.target, data.weight, 0.1, 0.2, mass);
      EXPECT_EQ(got.pairs, want.pairs);
      EXPECT_NEAR(got.pair_mass, static_cast<double>(want.pair_mass), 1e-12 * (1 + got.pair_mass));
      EXPECT_NEAR(got.value, static_cast<double>(want.value), 1e-12 * (1 + got.value));
      for (std::size_t i = 0; i < n; ++i)
        EXPECT_NEAR(gradient[i], static_cast<double>(want.gradient[i]), 1e-10) << "element " << i;
    }
}

// An element of mass 2 equals two elements with the same numbers; its gradient is the sum of theirs.
TEST(PairwiseHinge, AMassOfTwoIsTheElementTwice) {
  const Numbers p = {1.0, 3.0, 2.0}, y = {4.0, 2.0, 1.0}, w = {7.0, 2.0, 1.0};
  Numbers gradient(3);
  const auto heavy = pairwise_hinge(p, y, w, 0.5, 0.2, gradient, Numbers{1.0, 2.0, 1.0});
  const Result twice = run({1.0, 3.0, 3.0, 2.0}, {4.0, 2.0, 2.0, 1.0}, {7.0, 2.0, 2.0, 1.0}, 0.5, 0.2);
  EXPECT_DOUBLE_EQ(heavy.value, twice.sum.value);
  EXPECT_DOUBLE_EQ(heavy.pair_mass, static_cast<double>(twice.sum.pairs));
  EXPECT_DOUBLE_EQ(gradient[1], twice.gradient[1] + twice.gradient[2]);
  EXPECT_DOUBLE_EQ(gradient[0], twice.gradient[0]);
}

TEST(PairwiseHinge, EqualTargetsNeverFormAPair) {
  for (const std::size_t n : {2U, 16U, 17U, 300U}) {
    RandomCase data = random_case(n, 0, n);
    std::fill(data.target.begin(), data.target.end(), 2.5);
    const Result got = run(data.prediction, data.target, data.weight, 1.0, 0.2);
    EXPECT_EQ(got.sum.pairs, 0U);
    EXPECT_EQ(got.sum.value, 0.0);
    EXPECT_THAT(got.gradient, ::testing::Each(0.0));
  }
}

TEST(PairwiseHinge, NegativeZeroTiesWithZero) {
  EXPECT_EQ(run({1.0, 2.0}, {0.0, -0.0}, 1.0, 0.0).sum.pairs, 0U);
}

TEST(PairwiseHinge, HingeOfExactlyZeroIsInactive) {
  // Equal predictions without a margin: every hinge is exactly 0, whatever the block size.
  for (const std::size_t n : {2U, 16U, 40U, 300U}) {
    RandomCase data = random_case(n, 0, n);
    std::fill(data.prediction.begin(), data.prediction.end(), 0.3);
    const Result got = run(data.prediction, data.target, 0.0, 0.0);
    EXPECT_EQ(got.sum.pairs, n * (n - 1) / 2);
    EXPECT_EQ(got.sum.value, 0.0);
    EXPECT_THAT(got.gradient, ::testing::Each(0.0));
  }
  const Result at_margin = run({1.0, 1.5}, {1.0, 2.0}, 0.5, 0.0);  // 0.5 - (1.5 - 1)
  EXPECT_EQ(at_margin.sum.value, 0.0);
  EXPECT_THAT(at_margin.gradient, ElementsAre(0.0, 0.0));
}

TEST(PairwiseHinge, AsThePairLoopForAllSizesMarginsAndTies) {
  std::uint64_t seed = 0;
  for (const std::size_t n : {2U, 3U, 7U, 8U, 9U, 16U, 17U, 31U, 33U, 64U, 127U, 128U, 256U, 501U})
    for (const std::uint64_t levels : {0U, 2U, 3U, 8U, 40U})
      for (const double margin : {0.0, 0.3, -0.2, 50.0})
        for (const double margin_scale : {0.0, 0.2, 1.0}) {
          SCOPED_TRACE(::testing::Message() << n << " elements, " << levels << " levels, margin " << margin
                                            << ", scale " << margin_scale);
          expect_as_oracle(random_case(n, levels, ++seed), margin, margin_scale);
        }
}

TEST(PairwiseHinge, TiedPredictionsToo) {
  for (const double margin : {0.0, 0.25, 0.5}) {
    RandomCase data = random_case(400, 9, 5);
    for (double& p : data.prediction) p = std::round(4 * p) / 4;  // exact in binary, as the margins are
    expect_as_oracle(data, margin, 0.0);
    expect_as_oracle(data, margin, 0.5);
  }
}

TEST(PairwiseHinge, VeryUnevenGroups) {
  RandomCase data = random_case(600, 0, 9);
  for (std::size_t i = 0; i < data.target.size(); ++i)  // group sizes 300, 150, 75 …
    data.target[i] = std::floor(std::log2(600.0 / static_cast<double>(i + 1)));
  expect_as_oracle(data, 0.1, 0.2);
}

TEST(PairwiseHinge, NearlyRankedBatchLosesNoDigits) {
  // Few hinges are active, and they are tiny, so differences of large sums would show here.
  for (const double spread : {1e-3, 1e-9}) {
    RandomCase data = random_case(500, 0, 3, spread);
    const Result got = run(data.prediction, data.target, data.weight, 0.0, 0.0);
    const OracleResult want = pairwise_oracle(data.prediction, data.target, data.weight, 0.0, 0.0);
    EXPECT_NEAR(got.sum.value, static_cast<double>(want.value), 1e-12 * static_cast<double>(want.value));
  }
}

TEST(PairwiseHinge, CommonOffsetCostsNothing) {
  RandomCase data = random_case(300, 0, 4);
  for (double& p : data.prediction) p += 1e9;
  for (double& y : data.target) y -= 1e7;
  expect_as_oracle(data, 0.0, 0.2);
}

TEST(PairwiseHinge, HundredThousandElementsAgainstLongDoubleOnASample) {
  const std::size_t n = 100000;
  const double scale = 0.2;
  for (const std::uint64_t levels : {0U, 17U}) {
    const RandomCase data = random_case(n, levels, 11);
    const Result got = run(data.prediction, data.target, data.weight, 0.05, scale);
    for (std::size_t i = 0; i < n; i += 997) {
      long double gradient = 0;
      for (std::size_t j = 0; j < n; ++j) {
        const bool higher = data.target[i] > data.target[j];
        if (data.target[i] == data.target[j]) continue;
        const std::size_t hi = higher ? i : j;
        const std::size_t lo = higher ? j : i;
        const long double gap = static_cast<long double>(data.target[hi]) - data.target[lo];
        const long double lead = static_cast<long double>(data.prediction[hi]) - data.prediction[lo];
        if (0.05L + scale * gap - lead > 0) gradient += higher ? -data.weight[hi] : data.weight[hi];
      }
      EXPECT_NEAR(got.gradient[i], static_cast<double>(gradient),
                  1e-10 * (1 + std::abs(static_cast<double>(gradient))));
    }
  }
}

TEST(PairwiseHinge, HundredThousandElementsValueInLongDouble) {
  // With a huge margin every hinge is active, and the sum has a closed form that needs no pairs:
  // sum over hi of rank * (margin + z_hi) - sum of the z below.
  const std::size_t n = 100000;
  RandomCase data = random_case(n, 0, 12);
  std::sort(data.target.begin(), data.target.end());
  const double margin = 100.0;
  const Result got = run(data.prediction, data.target, data.weight, margin, 0.2);
  long double want = 0;
  long double below = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const long double z = 0.2 * static_cast<long double>(data.target[i]) - data.prediction[i];
    want += data.weight[i] * (static_cast<long double>(i) * (margin + z) - below);
    below += z;
  }
  EXPECT_NEAR(got.sum.value, static_cast<double>(want), 1e-12 * static_cast<double>(want));
}

TEST(PairwiseHinge, OrderOfTheElementsDoesNotMatter) {
  const RandomCase data = random_case(333, 12, 21);
  RandomCase reversed = data;
  std::reverse(reversed.prediction.begin(), reversed.prediction.end());
  std::reverse(reversed.target.begin(), reversed.target.end());
  std::reverse(reversed.weight.begin(), reversed.weight.end());
  const Result forward = run(data.prediction, data.target, data.weight, 0.1, 0.2);
  Result backward = run(reversed.prediction, reversed.target, reversed.weight, 0.1, 0.2);
  std::reverse(backward.gradient.begin(), backward.gradient.end());
  EXPECT_NEAR(forward.sum.value, backward.sum.value, 1e-12 * forward.sum.value);
  EXPECT_THAT(forward.gradient, ::testing::Pointwise(::testing::DoubleNear(1e-9), backward.gradient));
}

TEST(PairwiseHinge, RefusesLengthsAndOverflow) {
  Numbers gradient(2);
  EXPECT_THROW(pairwise_hinge(Numbers{1, 2}, Numbers{1, 2}, Numbers{1}, 0, 0, gradient), InvalidInput);
  EXPECT_THROW(pairwise_hinge(Numbers{1, 2}, Numbers{1}, Numbers{1, 1}, 0, 0, gradient), InvalidInput);
  EXPECT_THROW(run({1e308, -1e308}, {1, 2}, 0.0, 0.2), InvalidInput);
  EXPECT_THROW(run({1, 2}, {-1e308, 1e308}, 0.0, 10.0), InvalidInput);
}

TEST(MinMaxQuality, SpansZeroToOne) {
  EXPECT_THAT(min_max_quality(Numbers{2, 4, 3}), ElementsAre(0.0, 1.0, 0.5));
  EXPECT_THAT(min_max_quality(Numbers{3, 3}), ElementsAre(0.0, 0.0));
  EXPECT_TRUE(min_max_quality(Numbers{}).empty());
}

TEST(PreferenceWeight, OneAtTheBottomAndTheFactorAtTheTop) {
  EXPECT_THAT(preference_weight(Numbers{0, 0.5, 1}, 7.0), ElementsAre(1.0, 4.0, 7.0));
  EXPECT_THAT(preference_weight(Numbers{0, 0.5, 1}, 1.0), ElementsAre(1.0, 1.0, 1.0));
}

}  // namespace
}  // namespace qamro::losses
