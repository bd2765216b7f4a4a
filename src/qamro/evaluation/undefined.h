#pragma once

#include <limits>

namespace qamro::evaluation {

// Where a statistic has no value, in tables of plain numbers.
inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

}  // namespace qamro::evaluation
