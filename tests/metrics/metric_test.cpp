#include "qamro/metrics/metric.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/metrics/correlation.h"

namespace qamro::metrics {
namespace {

TEST(Metric, NamesAndPlaces) {
  constexpr std::array<const char*, kMetricCount> kNames = {"mse", "lcc", "srcc", "ktau"};
  constexpr std::array<const char*, kMetricCount> kTitles = {"MSE", "LCC", "SRCC", "KTAU"};
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    EXPECT_EQ(index_of(kMetrics[i]), i);
    EXPECT_EQ(name_of(kMetrics[i]), std::string(kNames[i]));
    EXPECT_EQ(title_of(kMetrics[i]), std::string(kTitles[i]));
    EXPECT_EQ(metric_from_name(kNames[i]), kMetrics[i]);
    EXPECT_EQ(higher_is_better(kMetrics[i]), i != 0);
  }
  EXPECT_THROW(metric_from_name("SRCC"), InvalidInput);
  EXPECT_THROW(metric_from_name(""), InvalidInput);
}

TEST(Metric, EachHasItsOwnValue) {
  PerMetric<int> values{1, 2, 3, 4};
  EXPECT_EQ(values[Metric::mse], 1);
  EXPECT_EQ(values[Metric::ktau], 4);
  values[Metric::srcc] = 7;
  EXPECT_EQ(values, (PerMetric<int>{1, 2, 7, 4}));
}

TEST(Metric, AllOfThemAsARowOfNumbers) {
  const std::vector<double> prediction = {1, 2, 4, 3, 9};
  const std::vector<double> label = {1, 3, 2, 4, 5};
  const auto all = all_metrics(prediction, label);
  EXPECT_EQ(all.mse.value, mse(prediction, label).value);
  EXPECT_EQ(all.lcc.value, lcc(prediction, label).value);
  EXPECT_EQ(all.srcc.value, srcc(prediction, label).value);
  EXPECT_EQ(all.ktau.value, ktau(prediction, label).value);
  std::array<double, kMetricCount> row{};
  write_row(numbers_of(all), row);
  EXPECT_EQ(row, (std::array<double, kMetricCount>{*all.mse.value, *all.lcc.value, *all.srcc.value,
                                                   *all.ktau.value}));
  const auto constant = numbers_of(all_metrics(prediction, std::vector<double>(5, 1.0)));
  EXPECT_FALSE(std::isnan(constant.mse));
  EXPECT_TRUE(std::isnan(constant.srcc));
}

}  // namespace
}  // namespace qamro::metrics
