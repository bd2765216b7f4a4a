#pragma once

#include <cmath>
#include <numbers>

#include "qamro/core/random.h"

namespace qamro::testing {

// Standard normal (Box and Muller), one number from each pair of uniform numbers.
inline double normal(Random& random) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * random.uniform());
}

}  // namespace qamro::testing
