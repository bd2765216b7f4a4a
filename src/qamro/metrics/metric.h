#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace qamro::metrics {

// A metric, or the reason why there is none. An undefined metric never has a number that could be averaged
// or plotted.
struct MetricValue {
  std::optional<double> value;
  std::string reason;  // "the labels are constant"; empty if there is a value

  static MetricValue of(double number) { return {number, {}}; }
  static MetricValue undefined(std::string why) { return {std::nullopt, std::move(why)}; }
};

// The metrics of the paper's Table I; see correlation.h.
enum class Metric { mse, lcc, srcc, ktau };

inline constexpr std::size_t kMetricCount = 4;
// All of them, in the order of every table.
inline constexpr std::array<Metric, kMetricCount> kMetrics = {Metric::mse, Metric::lcc, Metric::srcc,
                                                              Metric::ktau};
inline constexpr std::array<const char*, kMetricCount> kMetricNames = {"mse", "lcc", "srcc", "ktau"};

// Place in kMetrics, for tables of plain numbers.
constexpr std::size_t index_of(Metric metric) {
  return static_cast<std::size_t>(metric);
}
constexpr const char* name_of(Metric metric) {
  return kMetricNames[index_of(metric)];
}
// "MSE", for titles.
const char* title_of(Metric metric);
// Throws InvalidInput that lists the names.
Metric metric_from_name(std::string_view name);
// An MSE is better the smaller it is, a correlation the larger.
constexpr bool higher_is_better(Metric metric) {
  return metric != Metric::mse;
}

// One value for each metric.
template <typename Value>
struct PerMetric {
  Value mse = {};
  Value lcc = {};
  Value srcc = {};
  Value ktau = {};

  const Value& operator[](Metric metric) const {
    switch (metric) {
      case Metric::mse:
        return mse;
      case Metric::lcc:
        return lcc;
      case Metric::srcc:
        return srcc;
      case Metric::ktau:
        break;
    }
    return ktau;
  }
  Value& operator[](Metric metric) { return const_cast<Value&>(std::as_const(*this)[metric]); }
  bool operator==(const PerMetric&) const = default;
};

// All metrics of one series of predictions. Throws as each metric does.
PerMetric<MetricValue> all_metrics(std::span<const double> prediction, std::span<const double> label);

// NaN where a metric is undefined.
PerMetric<double> numbers_of(const PerMetric<MetricValue>& metrics);

// Writes the numbers in the order of kMetrics. row: of kMetricCount numbers.
void write_row(const PerMetric<double>& numbers, std::span<double> row);

}  // namespace qamro::metrics
