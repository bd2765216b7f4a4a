#include "qamro/statistics/bootstrap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/statistics/numbers.h"

namespace qamro::statistics {
namespace {

std::vector<BootstrapInterval> bootstrap_of_mean(const std::vector<double>& values,
                                                 const BootstrapOptions& options) {
  return bootstrap(1, "mean", options, [&](Random& random, std::span<double> statistics) {
    const auto counts = draw_counts(values.size(), random);
    statistics[0] = std::inner_product(values.begin(), values.end(), counts.begin(), 0.0) /
                    static_cast<double>(values.size());
  });
}

TEST(PercentileInterval, InterpolatesAsNumpyQuantile) {
  // numpy.quantile([1, 2, 4, 8, 16], [.05, .95]) = [1.2, 14.4]
  const auto result = percentile_interval(std::vector<double>{16, 1, 8, 2, 4}, 0.9);
  EXPECT_NEAR(result.interval->low, 1.2, 1e-12);
  EXPECT_NEAR(result.interval->high, 14.4, 1e-12);
  EXPECT_EQ(result.dropped, 0);
}

TEST(PercentileInterval, DropsAndCountsUndefined) {
  const auto some = percentile_interval(std::vector<double>{kUndefined, 3, kUndefined}, 0.95);
  EXPECT_EQ(some.interval->low, 3);
  EXPECT_EQ(some.interval->high, 3);
  EXPECT_EQ(some.dropped, 2);
  const auto none = percentile_interval(std::vector<double>{kUndefined}, 0.95);
  EXPECT_FALSE(none.interval);
  EXPECT_EQ(none.dropped, 1);
}

TEST(Bootstrap, MeanHasTheNormalTheorysInterval) {
  Random random(1);
  std::vector<double> values(400);
  for (double& value : values) value = random.uniform();  // standard error sqrt(1/12/400)
  const auto interval = *bootstrap_of_mean(values, {.resamples = 4000, .seed = 5})[0].interval;
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / 400;
  EXPECT_NEAR(interval.high - mean, 1.96 * std::sqrt(1.0 / 12 / 400), 0.002);
  EXPECT_NEAR(mean - interval.low, 1.96 * std::sqrt(1.0 / 12 / 400), 0.002);
}

TEST(Bootstrap, DependsOnTheSeedAndNotOnTheThreads) {
  const std::vector<double> values = {1, 5, 2, 8, 3, 9, 4};
  const auto one = *bootstrap_of_mean(values, {.seed = 3, .threads = 1})[0].interval;
  const auto many = *bootstrap_of_mean(values, {.seed = 3, .threads = 7})[0].interval;
  const auto other = *bootstrap_of_mean(values, {.resamples = 997, .seed = 4})[0].interval;
  EXPECT_EQ(one.low, many.low);
  EXPECT_EQ(one.high, many.high);
  EXPECT_TRUE(one.low != other.low || one.high != other.high);
}

TEST(Bootstrap, WithoutResamplesNoInterval) {
  EXPECT_FALSE(bootstrap_of_mean({1, 2, 3}, {.resamples = 0})[0].interval);
}

TEST(BootstrapOptions, RefusesByName) {
  EXPECT_THROW(BootstrapOptions{.resamples = -1}.validate(), InvalidInput);
  for (const double bad : {0.0, 1.0, 1.5, -0.1, kUndefined}) {
    EXPECT_THROW(BootstrapOptions{.confidence = bad}.validate(), InvalidInput);
  }
  EXPECT_THROW(BootstrapOptions{.threads = -1}.validate(), InvalidInput);
}

TEST(DrawCounts, AddUpAndAreUniform) {
  Random random(2);
  std::vector<std::uint64_t> sums(5);
  for (int i = 0; i < 2000; ++i) {
    const auto counts = draw_counts(5, random);
    EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0U), 5U);
    for (std::size_t j = 0; j < 5; ++j) sums[j] += counts[j];
  }
  for (const auto sum : sums) EXPECT_NEAR(static_cast<double>(sum), 2000, 200);
  EXPECT_TRUE(draw_counts(0, random).empty());
}

}  // namespace
}  // namespace qamro::statistics
