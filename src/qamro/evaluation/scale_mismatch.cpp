#include "qamro/evaluation/scale_mismatch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace qamro::evaluation {
namespace {

struct LabelledScores {
  std::vector<double> labels, scores;
};

LabelledScores known_pairs(std::span<const double> labels, std::span<const double> scores) {
  LabelledScores known;
  for (std::size_t i = 0; i < labels.size() && i < scores.size(); ++i) {
    if (std::isnan(labels[i]) || std::isnan(scores[i])) continue;
    known.labels.push_back(labels[i]);
    known.scores.push_back(scores[i]);
  }
  return known;
}

statistics::Interval range_of(const std::vector<double>& values) {
  const auto [low, high] = std::ranges::minmax(values);
  return {low, high};
}

// Mean square of the labels' distance from the scores, or from their own mean.
double mean_square(const LabelledScores& pairs, bool from_scores) {
  double mean = 0, sum = 0;
  const auto n = static_cast<double>(pairs.labels.size());
  for (const double label : pairs.labels) mean += label / n;
  for (std::size_t i = 0; i < pairs.labels.size(); ++i) {
    const double distance = pairs.labels[i] - (from_scores ? pairs.scores[i] : mean);
    sum += distance * distance / n;
  }
  return sum;
}

}  // namespace

std::optional<ScaleMismatch> find_scale_mismatch(std::span<const double> labels,
                                                 std::span<const double> scores) {
  const LabelledScores pairs = known_pairs(labels, scores);
  if (pairs.labels.size() < 3) return std::nullopt;
  const ScaleMismatch found{range_of(pairs.labels), range_of(pairs.scores)};
  if (found.labels.low == found.labels.high) return std::nullopt;
  const double shared =
      std::min(found.labels.high, found.scores.high) - std::max(found.labels.low, found.scores.low);
  const double wider = std::max(found.labels.high - found.labels.low, found.scores.high - found.scores.low);
  if (shared >= 0.5 * wider) return std::nullopt;
  if (mean_square(pairs, true) <= 2.0 * mean_square(pairs, false)) return std::nullopt;
  return found;
}

std::string describe(const ScaleMismatch& mismatch) {
  return fmt::format(
      "labels lie between {:.3g} and {:.3g}, scores between {:.3g} and {:.3g}: if their scales differ, the MSE compares nothing; correlations do not depend on the scale",
      mismatch.labels.low, mismatch.labels.high, mismatch.scores.low, mismatch.scores.high);
}

}  // namespace qamro::evaluation
