#include "qamro/metrics/weighted_ranks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "qamro/core/random.h"
#include "qamro/metrics/correlation.h"

namespace qamro::metrics {
namespace {

using Numbers = std::vector<double>;
using Counts = std::vector<std::uint32_t>;

RankMetrics weighted(const Numbers& prediction, const Numbers& label, const Counts& times) {
  const SortedOrder order(prediction);
  const Levels levels(label);
  Counts level;
  Counts in_order;
  for (const std::uint32_t i : order.order) {
    level.push_back(levels.level[i]);
    in_order.push_back(times[i]);
  }
  RankScratch scratch;
  return weighted_rank_metrics({order.group_ends, level, levels.count, in_order}, scratch);
}

// Repeats each value as often as its pair occurs.
Numbers expanded(const Numbers& values, const Counts& times) {
  Numbers result;
  for (std::size_t i = 0; i < values.size(); ++i) result.insert(result.end(), times[i], values[i]);
  return result;
}

void expect_same(const MetricValue& got, const MetricValue& want) {
  EXPECT_EQ(got.reason, want.reason);
  ASSERT_EQ(got.value.has_value(), want.value.has_value());
  if (want.value) {
    EXPECT_NEAR(*got.value, *want.value, 1e-13);
  }
}

class WeightedRanks : public ::testing::TestWithParam<std::uint64_t> {};

// Few and many levels on each side, with sizes around the blocks of 32 and 32² in PrefixCounts.
TEST_P(WeightedRanks, EqualThoseOfThePairsWrittenOut) {
  Random random(GetParam());
  for (const std::size_t n : {1, 2, 3, 10, 31, 33, 100, 1100}) {
    for (const std::uint64_t levels : {1, 2, 7, 100000}) {
      Numbers prediction(n);
      Numbers label(n);
      Counts times(n);
      for (std::size_t i = 0; i < n; ++i) {
        prediction[i] = static_cast<double>(random.below(random.below(2) == 0 ? levels : 5)) - 2;
        label[i] = 0.1 * static_cast<double>(random.below(levels));
        times[i] = static_cast<std::uint32_t>(random.below(4));
      }
      const RankMetrics metrics = weighted(prediction, label, times);
      expect_same(metrics.srcc, srcc(expanded(prediction, times), expanded(label, times)));
      expect_same(metrics.ktau, ktau(expanded(prediction, times), expanded(label, times)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, WeightedRanks, ::testing::Range<std::uint64_t>(0, 5));

// Tau-b by its definition, over all pairs.
double slow_tau(const Numbers& x, const Numbers& y) {
  double lead = 0;
  double x_pairs = 0;
  double y_pairs = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const double dx = (x[i] > x[j]) - (x[i] < x[j]);
      const double dy = (y[i] > y[j]) - (y[i] < y[j]);
      lead += dx * dy;
      x_pairs += dx * dx;
      y_pairs += dy * dy;
    }
  return lead / std::sqrt(x_pairs * y_pairs);
}

TEST(WeightedRanks, TauIsThatOfAllPairs) {
  Random random(3);
  for (const std::uint64_t levels : {3, 40, 1000000}) {
    Numbers x(2000);
    Numbers y(2000);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<double>(random.below(levels));
      y[i] = x[i] + static_cast<double>(random.below(levels));
    }
    EXPECT_NEAR(*ktau(x, y).value, slow_tau(x, y), 1e-14);
  }
}

TEST(WeightedRanks, OneOutlierAmongAMillionTies) {
  Numbers x(1000000, 2.0);
  x.back() = 3.0;
  const RankMetrics metrics = weighted(x, x, Counts(x.size(), 1));
  EXPECT_NEAR(*metrics.srcc.value, 1.0, 1e-12);
  EXPECT_NEAR(*metrics.ktau.value, 1.0, 1e-12);
}

TEST(PrefixCounts, CountsWhatIsBelow) {
  Random random(1);
  PrefixCounts counts;
  for (const std::uint32_t n : {1U, 2U, 32U, 33U, 1024U, 1025U, 40000U}) {
    counts.reset(n);
    std::vector<std::uint32_t> plain(n);
    for (int i = 0; i < 500; ++i) {
      const auto position = static_cast<std::uint32_t>(random.below(n));
      counts.add(position, static_cast<std::uint32_t>(i));
      plain[position] += static_cast<std::uint32_t>(i);
    }
    std::uint32_t below = 0;
    for (std::uint32_t position = 0; position < n; ++position) {
      ASSERT_EQ(counts.below(position), below) << n << " " << position;
      below += plain[position];
    }
  }
}

}  // namespace
}  // namespace qamro::metrics
