#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "qamro/core/random.h"

namespace qamro::losses {

struct OracleResult {
  long double value = 0;
  std::uint64_t pairs = 0;
  long double pair_mass = 0;
  std::vector<long double> gradient;
};

// The sum of QAMRO's Eq. 1 to 3 written out pair by pair: slow and obviously right.
inline OracleResult pairwise_oracle(std::span<const double> p, std::span<const double> y,
                                    std::span<const double> w, double margin, double margin_scale,
                                    std::span<const double> mass = {}) {
  OracleResult result;
  result.gradient.assign(p.size(), 0);
  for (std::size_t i = 0; i < p.size(); ++i) {
    for (std::size_t j = 0; j < p.size(); ++j) {
      if (!(y[i] > y[j])) continue;
      ++result.pairs;
      const long double both = mass.empty() ? 1.0L : static_cast<long double>(mass[i]) * mass[j];
      result.pair_mass += both;
      const long double gap = static_cast<long double>(y[i]) - y[j];
      const long double hinge = margin + margin_scale * gap - (static_cast<long double>(p[i]) - p[j]);
      if (!(hinge > 0)) continue;
      result.value += both * w[i] * hinge;
      result.gradient[i] -= both * w[i];
      result.gradient[j] += both * w[i];
    }
  }
  return result;
}

struct RandomCase {
  std::vector<double> prediction;
  std::vector<double> target;
  std::vector<double> weight;
};

// levels == 0: real-valued targets in [1, 5); otherwise that many distinct ones.
inline RandomCase random_case(std::size_t n, std::uint64_t levels, std::uint64_t seed, double spread = 1.0) {
  Random random(seed);
  RandomCase result;
  for (std::size_t i = 0; i < n; ++i) {
    const double y =
        levels == 0 ? 1.0 + 4.0 * random.uniform() : 1.0 + static_cast<double>(random.below(levels)) * 0.25;
    result.target.push_back(y);
    result.prediction.push_back(y + spread * (random.uniform() - 0.5));
    result.weight.push_back(1.0 + 6.0 * random.uniform());
  }
  return result;
}

}  // namespace qamro::losses
