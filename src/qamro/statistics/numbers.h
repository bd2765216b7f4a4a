#pragma once

#include <limits>
#include <numeric>
#include <span>

namespace qamro::statistics {

// Stands for a statistic without a value, in tables of plain numbers.
inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

// The mean, summed in order; NaN without values.
inline double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace qamro::statistics
