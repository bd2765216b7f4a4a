#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "qamro/losses/argsort.h"

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

struct PairwiseLogisticSum {
  double value = 0;
  std::uint64_t pairs = 0;  // with different targets, whatever their weight
};

// The sum of weight(hi, lo) * log(1 + exp(-sigma (prediction[hi] - prediction[lo]))) over all pairs with
// different targets, where `hi` has the higher target. Adds its derivative in prediction[i], with constant
// weights, to gradient[i]. O(n^2) time, O(n) memory; the order of the sums depends on the arguments only. All
// spans have the same length.
template <typename Weight>
PairwiseLogisticSum pairwise_logistic(std::span<const double> prediction, std::span<const double> target,
                                      double sigma, const Weight& weight, std::span<double> gradient) {
  const std::vector<std::uint32_t> order = argsort(target);
  PairwiseLogisticSum sum;
  std::size_t lower = 0;  // how many elements of `order` have a lower target than the current one
  for (std::size_t k = 0; k < order.size(); ++k) {
    const std::size_t hi = order[k];
    if (k > 0 && target[order[k - 1]] < target[hi]) lower = k;
    double value = 0;
    double slope = 0;
    for (std::size_t l = 0; l < lower; ++l) {
      const std::size_t lo = order[l];
      const double w = weight(hi, lo);
      if (w == 0) continue;
      const Logistic pair = logistic(-sigma * (prediction[hi] - prediction[lo]));
      value += w * pair.softplus;
      const double pull = w * sigma * pair.sigmoid;
      slope += pull;
      gradient[lo] += pull;
    }
    sum.value += value;
    sum.pairs += lower;
    gradient[hi] -= slope;
  }
  return sum;
}

}  // namespace qamro::losses
