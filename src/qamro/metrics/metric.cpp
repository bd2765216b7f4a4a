#include "qamro/metrics/metric.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "qamro/core/error.h"
#include "qamro/metrics/correlation.h"

namespace qamro::metrics {

const char* title_of(Metric metric) {
  constexpr std::array<const char*, kMetricCount> kTitles = {"MSE", "LCC", "SRCC", "KTAU"};
  return kTitles[index_of(metric)];
}

Metric metric_from_name(std::string_view name) {
  for (const Metric metric : kMetrics)
    if (name == name_of(metric)) return metric;
  throw InvalidInput(fmt::format("metric: expected {}, got '{}'", fmt::join(kMetricNames, ", "), name));
}

PerMetric<MetricValue> all_metrics(std::span<const double> prediction, std::span<const double> label) {
  return {mse(prediction, label), lcc(prediction, label), srcc(prediction, label), ktau(prediction, label)};
}

PerMetric<double> numbers_of(const PerMetric<MetricValue>& metrics) {
  PerMetric<double> numbers;
  for (const Metric metric : kMetrics)
    numbers[metric] = metrics[metric].value.value_or(std::numeric_limits<double>::quiet_NaN());
  return numbers;
}

void write_row(const PerMetric<double>& numbers, std::span<double> row) {
  for (const Metric metric : kMetrics) row[index_of(metric)] = numbers[metric];
}

}  // namespace qamro::metrics
