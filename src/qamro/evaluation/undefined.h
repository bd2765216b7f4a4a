#pragma once

#include <limits>

namespace qamro::evaluation {

// Stands for a statistic without a value, in tables of plain numbers.
inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

}  // namespace qamro::evaluation
