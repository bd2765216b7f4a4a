#pragma once

#include <optional>
#include <string>
#include <utility>

namespace qamro::metrics {

// A metric, or why there is none. An undefined metric is never a number that could be averaged or plotted.
struct MetricValue {
  std::optional<double> value;
  std::string reason;  // "the labels are constant"; empty where there is a value

  static MetricValue of(double number) { return {number, {}}; }
  static MetricValue undefined(std::string why) { return {std::nullopt, std::move(why)}; }
};

}  // namespace qamro::metrics
