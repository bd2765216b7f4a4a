#include "qamro/losses/ranking_levels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "losses/pairwise_oracle.h"
#include "qamro/core/error.h"

namespace qamro::losses {
namespace {

using Numbers = std::vector<double>;

// Pair by pair.
double oracle(const RandomCase& data, const Numbers& mass, double margin, double margin_scale,
              Numbers& gradient) {
  double value = 0;
  gradient.assign(data.target.size(), 0);
  for (std::size_t i = 0; i < data.target.size(); ++i)
    for (std::size_t j = 0; j < data.target.size(); ++j) {
      if (!(data.target[i] > data.target[j])) continue;
      const double weight = std::max(data.weight[i], data.weight[j]) * mass[i] * mass[j];
      const double hinge = margin + margin_scale * (data.target[i] - data.target[j]) -
                           (data.prediction[i] - data.prediction[j]);
      if (!(hinge > 0)) continue;
      value += weight * hinge;
      gradient[i] -= weight;
      gradient[j] += weight;
    }
  return value;
}

void expect_as_oracle(const RandomCase& data, const Numbers& mass) {
  Numbers expected, gradient(data.target.size());
  const double value = oracle(data, mass, 0.1, 0.2, expected);
  const auto sum =
      pairwise_hinge_max_weight(data.prediction, data.target, data.weight, 0.1, 0.2, gradient, mass);
  EXPECT_NEAR(sum.value, value, 1e-10 * (1 + value));
  for (std::size_t i = 0; i < gradient.size(); ++i) EXPECT_NEAR(gradient[i], expected[i], 1e-9) << i;
}

TEST(MaxWeight, EqualsThePairLoopWithAFewWeightsInAnyOrder) {
  for (const std::size_t n : {2U, 3U, 10U, 41U, 200U})
    for (const std::uint64_t levels : {0U, 6U}) {
      RandomCase data = random_case(n, levels, n);
      Random random(n + levels);
      Numbers mass;
      for (double& weight : data.weight) {
        weight = 1.0 + 1.5 * static_cast<double>(random.below(4));
        mass.push_back(random.uniform());
      }
      expect_as_oracle(data, mass);
      expect_as_oracle(data, Numbers(n, 1.0));
    }
}

// The published production-quality table: the highest weight belongs to labels in [6, 7), not to the highest.
TEST(MaxWeight, PublishedTableByHand) {
  const Numbers y = {6.5, 8.5, 1.5}, w = {9.5, 5.5, 0.0}, p = {0.0, 0.0, 0.0};
  Numbers gradient(3);
  const auto sum = pairwise_hinge_max_weight(p, y, w, 1.0, 0.0, gradient);
  EXPECT_EQ(sum.pairs, 3U);
  EXPECT_DOUBLE_EQ(sum.value, 9.5 + 9.5 + 5.5);
  EXPECT_THAT(gradient, ::testing::ElementsAre(9.5 - 9.5, -9.5 - 5.5, 9.5 + 5.5));
}

TEST(MaxWeight, RisingWeightsAreThePapersLoss) {
  const RandomCase data = random_case(100, 7, 1);
  const Numbers weight = preference_weight(min_max_quality(data.target), 7.0);
  Numbers one(100), other(100);
  const auto a = pairwise_hinge(data.prediction, data.target, weight, 0.0, 0.2, one);
  const auto b = pairwise_hinge_max_weight(data.prediction, data.target, weight, 0.0, 0.2, other);
  EXPECT_EQ(a.value, b.value);
  EXPECT_EQ(one, other);
}

// Weights may differ among equal targets, where neither element of a pair is the higher one.
TEST(MaxWeight, DifferentWeightsOfEqualTargets) {
  RandomCase data;
  data.target = {1, 1, 2, 2, 3};
  data.prediction = {0.3, -0.1, 0.2, 0.9, 0.4};
  data.weight = {4, 1, 2, 5, 5};
  expect_as_oracle(data, Numbers(5, 1.0));
}

TEST(MaxWeight, NothingAndDifferentLengths) {
  Numbers none;
  EXPECT_EQ(pairwise_hinge_max_weight(none, none, none, 0.0, 0.2, none).pairs, 0U);
  Numbers two(2);
  EXPECT_THROW(pairwise_hinge_max_weight(two, two, Numbers{1}, 0.0, 0.2, two), InvalidInput);
}

}  // namespace
}  // namespace qamro::losses
