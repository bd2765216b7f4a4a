#pragma once

#include <cmath>

namespace qamro::training {

inline bool not_negative(double value) {
  return std::isfinite(value) && value >= 0.0;
}

inline bool positive(double value) {
  return std::isfinite(value) && value > 0.0;
}

}  // namespace qamro::training
