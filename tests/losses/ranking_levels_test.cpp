#include "qamro/losses/ranking_axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "losses/pairwise_oracle.h"
#include "qamro/core/error.h"

namespace qamro::losses {
namespace {

using Numbers = std::vector<double>;

// Pair by pair.
double oracle(const RandomCase& data, const Numbers& mass, double preference_factor, double margin,
              double margin_scale, Numbers& gradient) {
  double value = 0;
  gradient.assign(data.target.size(), 0);
  for (std::size_t i = 0; i < data.target.size(); ++i)
    for (std::size_t j = 0; j < data.target.size(); ++j) {
      if (!(data.target[i] > data.target[j])) continue;
      const double quality = std::max(data.weight[i], data.weight[j]);
      const double weight = (1 + (preference_factor - 1) * quality) * mass[i] * mass[j];
      const double hinge = margin + margin_scale * (data.target[i] - data.target[j]) -
                           (data.prediction[i] - data.prediction[j]);
      if (!(hinge > 0)) continue;
      value += weight * hinge;
      gradient[i] -= weight;
      gradient[j] += weight;
    }
  return value;
}

// data.weight holds the qualities. A factor below 1 gives pairs of high quality less weight.
void expect_as_oracle(const RandomCase& data, const Numbers& mass) {
  for (const double factor : {7.0, 1.0, 0.25, 0.0}) {
    Numbers expected, gradient(data.target.size());
    const double value = oracle(data, mass, factor, 0.1, 0.2, expected);
    const auto sum = pairwise_hinge_max_quality(data.prediction, data.target, data.weight, factor, 0.1, 0.2,
                                                gradient, mass);
    EXPECT_NEAR(sum.value, value, 1e-10 * (1 + value)) << factor;
    for (std::size_t i = 0; i < gradient.size(); ++i) EXPECT_NEAR(gradient[i], expected[i], 1e-9) << i;
  }
}

TEST(MaxQuality, EqualsThePairLoopWithAFewQualitiesInAnyOrder) {
  for (const std::size_t n : {2U, 3U, 10U, 41U, 200U})
    for (const std::uint64_t levels : {0U, 6U}) {
      RandomCase data = random_case(n, levels, n);
      Random random(n + levels);
      Numbers mass;
      for (double& weight : data.weight) {
        weight = static_cast<double>(random.below(4)) / 3;
        mass.push_back(random.uniform());
      }
      expect_as_oracle(data, mass);
      expect_as_oracle(data, Numbers(n, 1.0));
    }
}

// In the published production-quality table, labels in [6, 7) have the highest quality, not the
// highest labels.
TEST(MaxQuality, PublishedTableByHand) {
  const Numbers y = {6.5, 8.5, 1.5}, q = {1.0, 0.5, 0.0}, p = {0.0, 0.0, 0.0};
  Numbers gradient(3);
  const auto sum = pairwise_hinge_max_quality(p, y, q, 3.0, 1.0, 0.0, gradient);
  EXPECT_EQ(sum.pairs, 3U);
  EXPECT_DOUBLE_EQ(sum.value, 3.0 + 3.0 + 2.0);
  EXPECT_THAT(gradient, ::testing::ElementsAre(3.0 - 3.0, -3.0 - 2.0, 3.0 + 2.0));
}

TEST(MaxQuality, RisingQualitiesAreThePapersLoss) {
  const RandomCase data = random_case(100, 7, 1);
  const Numbers quality = min_max_quality(data.target), weight = preference_weight(quality, 7.0);
  Numbers one(100), other(100);
  const auto a = pairwise_hinge(data.prediction, data.target, weight, 0.0, 0.2, one);
  const auto b = pairwise_hinge_max_quality(data.prediction, data.target, quality, 7.0, 0.0, 0.2, other);
  EXPECT_EQ(a.value, b.value);
  EXPECT_EQ(one, other);
}

// Qualities may differ among equal targets, of which no two form a pair.
TEST(MaxQuality, DifferentQualitiesOfEqualTargets) {
  RandomCase data;
  data.target = {1, 1, 2, 2, 3};
  data.prediction = {0.3, -0.1, 0.2, 0.9, 0.4};
  data.weight = {0.8, 0.2, 0.4, 1, 1};
  expect_as_oracle(data, Numbers(5, 1.0));
}

TEST(MaxQuality, NothingAndDifferentLengths) {
  Numbers none;
  EXPECT_EQ(pairwise_hinge_max_quality(none, none, none, 7.0, 0.0, 0.2, none).pairs, 0U);
  Numbers two(2);
  EXPECT_THROW(pairwise_hinge_max_quality(two, two, Numbers{1}, 7.0, 0.0, 0.2, two), InvalidInput);
}

}  // namespace
}  // namespace qamro::losses
