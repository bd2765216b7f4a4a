#pragma once

#include <cmath>

namespace qamro::losses {

// log(1 + exp(x)) and its derivative 1 / (1 + exp(-x)), with one exponential that cannot overflow. x may
// be infinite.
struct Logistic {
  double softplus;
  double sigmoid;
};

inline Logistic logistic(double x) {
  const double e = std::exp(-std::abs(x));
  if (x > 0) return {x + std::log1p(e), 1 / (1 + e)};
  return {std::log1p(e), e / (1 + e)};
}

}  // namespace qamro::losses
