#include <algorithm>

#include "qamro/losses/listwise_axis.h"
#include "qamro/losses/pairwise_logistic.h"

namespace qamro::losses {

double ranknet_of_axis(std::span<const double> prediction, std::span<const double> target, double sigma,
                       std::span<double> gradient) {
  const auto one = [](std::size_t, std::size_t) { return 1.0; };
  std::fill(gradient.begin(), gradient.end(), 0.0);
  const PairwiseLogisticSum sum = pairwise_logistic(prediction, target, sigma, one, gradient);
  const auto pairs = static_cast<double>(sum.pairs);
  for (double& derivative : gradient) derivative /= pairs;
  return sum.value / pairs;
}

}  // namespace qamro::losses
