#pragma once

#include <optional>
#include <string>
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

}  // namespace qamro::metrics
