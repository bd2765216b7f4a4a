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
  const auto drawn = bootstrap_values(1, "mean", options, [&](Random& random, std::span<double> statistics) {
    double sum = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += values[random.below(values.size())];
    statistics[0] = sum / static_cast<double>(values.size());
  });
  return {percentile_interval(drawn, options.confidence)};
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

}  // namespace
}  // namespace qamro::statistics
