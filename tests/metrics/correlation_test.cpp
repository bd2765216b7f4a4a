#include "qamro/metrics/correlation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/core/random.h"

namespace qamro::metrics {
namespace {

using Numbers = std::vector<double>;
using MetricFunction = MetricValue (*)(std::span<const double>, std::span<const double>);

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

double value(const MetricValue& metric) {
  EXPECT_TRUE(metric.value.has_value()) << metric.reason;
  return metric.value.value_or(kNan);
}

// Tau-b from its definition, pair by pair.
double ktau_by_pairs(const Numbers& x, const Numbers& y) {
  long long lead = 0;
  long long x_pairs = 0;
  long long y_pairs = 0;
  const auto sign = [](double d) { return (d > 0) - (d < 0); };
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      lead += sign(x[i] - x[j]) * sign(y[i] - y[j]);
      x_pairs += x[i] != x[j];
      y_pairs += y[i] != y[j];
    }
  return static_cast<double>(lead) / std::sqrt(static_cast<double>(x_pairs)) /
         std::sqrt(static_cast<double>(y_pairs));
}

TEST(Mse, ClosedForm) {
  EXPECT_DOUBLE_EQ(value(mse(Numbers{1, 2, 4}, Numbers{1, 3, 1})), 10.0 / 3);
  EXPECT_DOUBLE_EQ(value(mse(Numbers{1}, Numbers{3})), 4.0);
  EXPECT_FALSE(mse({}, {}).value);
  EXPECT_FALSE(mse({}, {}).reason.empty());
}

TEST(Correlations, PerfectAndReversed) {
  const Numbers up = {1, 2, 3, 4, 5};
  const Numbers line = {10, 12, 14, 16, 18};
  const Numbers down = {5, 4, 3, 2, 1};
  for (const MetricFunction metric : {lcc, srcc, ktau}) {
    EXPECT_DOUBLE_EQ(value(metric(up, line)), 1.0);
    EXPECT_DOUBLE_EQ(value(metric(up, down)), -1.0);
    EXPECT_LE(value(metric(up, line)), 1.0);
  }
}

TEST(Correlations, ClosedFormsWithTies) {
  // By hand: ranks 1, 2.5, 2.5, 4 and 1, 2, 4, 3 give covariance 3 over sqrt(4.5 * 5).
  const Numbers x = {1, 2, 2, 3};
  const Numbers y = {1, 3, 5, 4};
  EXPECT_NEAR(value(srcc(x, y)), 3 / std::sqrt(4.5 * 5), 1e-15);
  // 5 of 6 pairs untied in x: 4 concordant, 1 discordant.
  EXPECT_NEAR(value(ktau(x, y)), 3 / std::sqrt(5.0 * 6.0), 1e-15);
}

TEST(Correlations, UndefinedHasAReasonAndNoNumber) {
  for (const MetricFunction metric : {lcc, srcc, ktau}) {
    for (const auto& [x, y] : std::vector<std::pair<Numbers, Numbers>>{
             {{}, {}}, {{1}, {2}}, {{1, 1, 1}, {1, 2, 3}}, {{1, 2, 3}, {4, 4, 4}}, {{1, 1}, {1, 1}}}) {
      EXPECT_FALSE(metric(x, y).value.has_value());
      EXPECT_FALSE(metric(x, y).reason.empty());
    }
    EXPECT_EQ(metric(Numbers{1, 2}, Numbers{3, 3}).reason, "the labels are constant");
    EXPECT_EQ(metric(Numbers{3, 3}, Numbers{1, 2}).reason, "the predictions are constant");
  }
}

TEST(Correlations, RefuseWhatIsNotANumber) {
  for (const MetricFunction metric : {mse, lcc, srcc, ktau}) {
    for (const double bad : {kNan, kInf, -kInf}) {
      EXPECT_THROW(metric(Numbers{1, bad}, Numbers{1, 2}), InvalidInput);
      EXPECT_THROW(metric(Numbers{1, 2}, Numbers{bad, 2}), InvalidInput);
    }
    EXPECT_THROW(metric(Numbers{1, 2}, Numbers{1, 2, 3}), InvalidInput);
  }
}

TEST(Lcc, OffsetsAndScalesCostNoDigits) {
  const Numbers x = {0.25, 1.5, -0.75, 2.0, 0.5};
  const Numbers y = {0.5, 1.0, -1.25, 0.75, 1.0};
  const double want = value(lcc(x, y));
  for (const double offset : {1e6, -1e9})
    for (const double scale : {1.0, 0x1p-600, 0x1p600}) {
      Numbers moved = x;
      for (double& v : moved) v = (v + offset) * scale;  // exact: few bits
      EXPECT_NEAR(value(lcc(moved, y)), want, 1e-14);
      EXPECT_NEAR(value(lcc(y, moved)), want, 1e-14);
    }
}

TEST(Ktau, EqualsThePairLoop) {
  Random random(3);
  for (const std::size_t n : {2U, 3U, 7U, 64U, 65U, 300U})
    for (const std::uint64_t levels : {2U, 5U, 1000000U}) {
      Numbers x(n);
      Numbers y(n);
      for (std::size_t i = 0; i < n; ++i) {
        x[i] = static_cast<double>(random.below(levels));
        y[i] = static_cast<double>(random.below(levels)) + 0.5 * x[i];
      }
      const MetricValue tau = ktau(x, y);
      if (tau.value) {
        EXPECT_NEAR(*tau.value, ktau_by_pairs(x, y), 1e-14) << n << " values, " << levels << " levels";
      }
    }
}

TEST(AverageRanks, TiesShareTheirMean) {
  EXPECT_THAT(average_ranks(Numbers{3, 1, 3, 2, 3}), ::testing::ElementsAre(4, 1, 4, 2, 4));
  EXPECT_THAT(average_ranks(Numbers{0.0, -0.0}), ::testing::ElementsAre(1.5, 1.5));
  EXPECT_TRUE(average_ranks({}).empty());
}

}  // namespace
}  // namespace qamro::metrics
