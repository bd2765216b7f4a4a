#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/losses/argsort.h"
#include "qamro/losses/listwise_axis.h"
#include "qamro/losses/option_checks.h"
#include "qamro/losses/pairwise_logistic.h"

namespace qamro::losses {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

// log of a sum of exponentials that arrive one by one. All terms have one sign, so nothing cancels.
class RunningLogSum {
 public:
  void add(double exponent) {
    if (exponent == -kInf) return;
    if (exponent > largest_) {
      sum_ *= std::exp(largest_ - exponent);
      largest_ = exponent;
    }
    sum_ += std::exp(exponent - largest_);
  }
  double value() const { return sum_ > 0 ? largest_ + std::log(sum_) : -kInf; }

 private:
  double largest_ = -kInf;
  double sum_ = 0;
};

// Weights of positions 1 ... m, with sum 1.
std::vector<double> position_weights(const ListMleOptions& options, std::size_t m) {
  std::vector<double> weights(m, 1.0);
  if (options.position_weights == PositionWeights::kGiven)
    weights.assign(options.weights.begin(), options.weights.begin() + static_cast<std::ptrdiff_t>(m));
  if (options.position_weights == PositionWeights::kExponential) {
    const auto last = static_cast<int>(std::min<std::size_t>(m, 2000));  // 2^-2000 is 0 in double
    for (std::size_t i = 0; i < m; ++i)  // divided by 2^m, which overflows from 1024 on
      weights[i] =
          std::ldexp(1.0, -static_cast<int>(std::min<std::size_t>(i + 1, 2000))) - std::ldexp(1.0, -last);
  }
  const double largest = *std::max_element(weights.begin(), weights.end());
  for (double& weight : weights) weight /= largest;  // given weights may add up to infinity
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
  return weights;
}

// Predictions minus the largest: the loss depends on differences only, and a common offset (predictions
// around 1e6) would cost digits.
std::vector<double> below_largest(std::span<const double> prediction) {
  const double largest = *std::max_element(prediction.begin(), prediction.end());
  std::vector<double> result(prediction.begin(), prediction.end());
  for (double& value : result) value -= largest;
  return result;
}

// tails[i] = log of the sum of exp(prediction) after position i.
std::vector<double> log_sums_after(std::span<const double> prediction, std::span<const std::uint32_t> order) {
  std::vector<double> tails(order.size());
  RunningLogSum behind;
  for (std::size_t i = order.size(); i-- > 0;) {
    tails[i] = behind.value();
    behind.add(prediction[order[i]]);
  }
  return tails;
}

// With c_i = log sum_{k >= i} exp(p_k), the term of position i is c_i - p_i = softplus(c_{i+1} - p_i), and
// the derivative in p_k is sum_{i < k} w_i exp(p_k - c_i) - w_k (1 - exp(p_k - c_k)). Both forms keep their
// digits if a position is almost certain.
double value_and_gradient(std::span<const double> prediction, std::span<const double> target,
                          std::span<const double> weights, std::span<double> gradient) {
  const std::vector<std::uint32_t> order = argsort_descending(target);
  const std::vector<double> tails = log_sums_after(prediction, order);
  double value = 0;
  RunningLogSum before;  // of w_i exp(-c_i) at the positions so far
  for (std::size_t k = 0; k < order.size(); ++k) {
    const double p = prediction[order[k]];
    const Logistic choice = logistic(tails[k] - p);
    value += weights[k] * choice.softplus;
    gradient[order[k]] = std::exp(p + before.value()) - weights[k] * choice.sigmoid;
    before.add(std::log(weights[k]) - (p + choice.softplus));
  }
  return value;
}

}  // namespace

void ListMleOptions::validate() const {
  const bool given = position_weights == PositionWeights::kGiven;
  if (!given && !weights.empty())
    throw InvalidInput(fmt::format(
        "ListMleOptions: weights: expected none unless position_weights is kGiven, got {}", weights.size()));
  for (const double weight : weights) check_positive("ListMleOptions: weights", weight);
}

void ListMleOptions::check_rows(std::size_t rows) const {
  if (position_weights == PositionWeights::kGiven && weights.size() < rows)
    throw InvalidInput(
        fmt::format("ListMleOptions: weights: expected a weight for each of pred's {} rows, got {}", rows,
                    weights.size()));
}

double listmle_of_axis(std::span<const double> prediction, std::span<const double> target,
                       const ListMleOptions& options, std::span<double> gradient) {
  options.check_rows(target.size());
  return value_and_gradient(below_largest(prediction), target, position_weights(options, target.size()),
                            gradient);
}

}  // namespace qamro::losses
