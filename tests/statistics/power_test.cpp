#include "qamro/statistics/power.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "qamro/core/error.h"
#include "statistics/normal_numbers.h"

namespace qamro::statistics {
namespace {

using metrics::Metric;

using testing::normal;

TEST(SearchPower, FindsTheLeastNumber) {
  const auto power_of = [](std::size_t n) { return n >= 137 ? 0.9 : 0.5; };
  for (const std::size_t current : {3U, 100U, 200U, 5000U}) {
    const PowerCurve curve = search_power(current, 3, power_of, {});
    ASSERT_TRUE(curve.enough);
    EXPECT_GE(*curve.enough, 137U);
    EXPECT_LE(*curve.enough, 151U);  // within 10 %
    for (std::size_t i = 1; i < curve.points.size(); ++i) EXPECT_LT(curve.points[i - 1].n, curve.points[i].n);
  }
}

TEST(SearchPower, EndsWhereNothingIsEnoughOrEverythingIs) {
  const PowerCurve never = search_power(10, 3, [](std::size_t) { return 0.1; }, {.max_size = 1000});
  EXPECT_FALSE(never.enough);
  EXPECT_EQ(never.points.back().n, 1000U);
  EXPECT_EQ(*search_power(10, 3, [](std::size_t) { return 1.0; }, {}).enough, 3U);
}

TEST(RatersToSettle, MoreRatersHelpWhereRatersAreTheNoise) {
  Random random(5);
  // The first predictor knows the opinion; the second is two_noises; two raters are noisier than both.
  TwoPredictions data;
  std::vector<std::vector<double>> raters;
  for (int clip = 0; clip < 60; ++clip) {
    const double opinion = normal(random);
    raters.emplace_back();
    for (int i = 0; i < 8; ++i) raters.back().push_back(opinion + 3 * normal(random));
    data.label.push_back(std::accumulate(raters.back().begin(), raters.back().end(), 0.0) / 8);
    data.first.push_back(opinion);
    data.second.push_back(opinion + 1.5 * normal(random));
  }
  const PowerCurve curve = raters_to_settle(data, raters, Metric::lcc, {.rounds = 200, .max_size = 200});
  ASSERT_GE(curve.points.size(), 2U);
  EXPECT_LT(curve.points.front().power, curve.points.back().power);
  EXPECT_THROW(raters_to_settle(data, {}, Metric::lcc), InvalidInput);
}

TEST(Power, Refuses) {
  const auto never = [](std::size_t) { return 0.0; };
  EXPECT_THROW(search_power(1, 1, never, {.alpha = 0}), InvalidInput);
  EXPECT_THROW(search_power(1, 1, never, {.power = 1}), InvalidInput);
  EXPECT_THROW(search_power(1, 1, never, {.rounds = 1}), InvalidInput);
  EXPECT_THROW(raters_to_settle({{1, 2}, {1}, {1, 2}, {}, 0}, {{1}, {1}}, Metric::mse), InvalidInput);
}

}  // namespace
}  // namespace qamro::statistics
