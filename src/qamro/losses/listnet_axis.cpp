#include <algorithm>
#include <cmath>
#include <numeric>

#include "qamro/losses/listwise_axis.h"

namespace qamro::losses {
namespace {

double largest_of(std::span<const double> values) {
  return *std::max_element(values.begin(), values.end());
}

}  // namespace

double listnet_of_axis(std::span<const double> prediction, std::span<const double> target, double temperature,
                       std::span<double> gradient) {
  // The maximum is subtracted first: label / temperature alone overflows for a small temperature.
  const double best = largest_of(target);
  std::vector<double> wanted(target.begin(), target.end());
  for (double& label : wanted) label = std::exp((label - best) / temperature);
  const double labels = std::accumulate(wanted.begin(), wanted.end(), 0.0);

  const double largest = largest_of(prediction);
  double scores = 0;
  for (const double p : prediction) scores += std::exp(p - largest);
  double value = 0;
  for (std::size_t i = 0; i < prediction.size(); ++i) {
    const double log_softmax = prediction[i] - largest - std::log(scores);
    wanted[i] /= labels;
    value -= wanted[i] * log_softmax;
    gradient[i] = std::exp(log_softmax) - wanted[i];
  }
  return value;
}

}  // namespace qamro::losses
