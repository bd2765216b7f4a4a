#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/losses/argsort.h"
#include "qamro/losses/listwise_axis.h"
#include "qamro/losses/option_checks.h"
#include "qamro/losses/pairwise_logistic.h"

namespace qamro::losses {
namespace {

using Values = std::span<const double>;

// A swap of i and j changes the metric by |(place[i] - place[j]) * (worth[i] - worth[j])|.
struct SwapFactors {
  std::vector<double> place;  // by the ranking of the predictions
  std::vector<double> worth;  // by the labels
};

double discount(std::size_t position, int64_t truncation) {
  if (truncation > 0 && position >= static_cast<std::size_t>(truncation)) return 0;
  return 1 / std::log2(2.0 + static_cast<double>(position));
}

std::vector<double> gains(Values target, Gain gain) {
  std::vector<double> result(target.begin(), target.end());
  for (double& label : result) {
    if (label < 0)
      throw InvalidInput(
          fmt::format("lambda_rank_loss: target: expected labels >= 0 for NDCG, got {}", label));
    const double label_gain = gain == Gain::kLinear ? label : std::exp2(label) - 1;
    if (!std::isfinite(label_gain))
      throw InvalidInput(fmt::format(
          "lambda_rank_loss: target: expected labels with a finite gain 2^label - 1, got {}", label));
    label = label_gain;
  }
  return result;
}

SwapFactors ndcg_factors(Values prediction, Values target, const LambdaRankOptions& options) {
  SwapFactors factors{std::vector<double>(target.size()), gains(target, options.gain)};
  const auto ranking = argsort_descending(prediction);
  const auto ideal = argsort_descending(target);
  // In units of the largest gain, so that the sum cannot overflow. It is positive: two labels >= 0 differ.
  const double largest = factors.worth[ideal[0]];
  double best = 0;
  for (std::size_t position = 0; position < ranking.size(); ++position) {
    factors.place[ranking[position]] = discount(position, options.truncation);
    best += factors.worth[ideal[position]] / largest * discount(position, options.truncation);
  }
  for (double& gain : factors.worth) gain = gain / largest / best;
  return factors;
}

double squared_deviations(Values ranks) {
  const double mean = (static_cast<double>(ranks.size()) + 1) / 2;
  double sum = 0;
  for (const double rank : ranks) sum += (rank - mean) * (rank - mean);
  return sum;
}

SwapFactors spearman_factors(Values prediction, Values target) {
  SwapFactors factors{std::vector<double>(target.size()), midranks(target)};
  const auto ranking = argsort_descending(prediction);
  for (std::size_t position = 0; position < ranking.size(); ++position)
    factors.place[ranking[position]] = static_cast<double>(position + 1);
  const double scale = std::sqrt(squared_deviations(factors.place) * squared_deviations(factors.worth));
  for (double& rank : factors.worth) rank /= scale;
  return factors;
}

}  // namespace

void LambdaRankOptions::validate() const {
  check_positive("LambdaRankOptions: sigma", sigma);
  if (truncation < 0)
    throw InvalidInput(
        fmt::format("LambdaRankOptions: truncation: expected a rank >= 1, or 0 for all, got {}", truncation));
}

double lambda_rank_of_axis(Values prediction, Values target, const LambdaRankOptions& options,
                           std::span<double> gradient) {
  const SwapFactors factors = options.metric == SwapMetric::kNdcg ? ndcg_factors(prediction, target, options)
                                                                  : spearman_factors(prediction, target);
  const auto swap = [&](std::size_t i, std::size_t j) {
    return std::abs((factors.place[i] - factors.place[j]) * (factors.worth[i] - factors.worth[j]));
  };
  std::fill(gradient.begin(), gradient.end(), 0.0);
  const PairwiseLogisticSum sum = pairwise_logistic(prediction, target, options.sigma, swap, gradient);
  const double divisor = options.reduction == Reduction::kMean ? static_cast<double>(sum.pairs) : 1.0;
  for (double& derivative : gradient) derivative /= divisor;
  return sum.value / divisor;
}

}  // namespace qamro::losses
