#include "qamro/statistics/mean_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "qamro/core/error.h"
#include "qamro/statistics/numbers.h"
#include "qamro/statistics/paired_permutation.h"
#include "qamro/statistics/significance.h"

namespace qamro::statistics {
namespace {

double ratio(double difference, double error) {
  if (error > 0) return difference / error;
  return difference == 0 ? 0.0 : std::copysign(std::numeric_limits<double>::infinity(), difference);
}

double t_p_value(double t, double degrees, Alternative alternative) {
  const double both = student_t_p_value(t, degrees);
  if (alternative == Alternative::kDifferent) return both;
  return t < 0 ? both / 2 : 1 - both / 2;
}

DifferenceError error_of_mean(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  return {deviation_of(values) / std::sqrt(n), n - 1};
}

Interval interval_around(double estimate, const DifferenceError& precision, double confidence) {
  const double half = student_t_quantile(confidence, precision.degrees) * precision.error;
  return {estimate - half, estimate + half};
}

void test_pairs(const ScoreSet& first, const ScoreSet& second, const MeanTestOptions& options,
                MeanDifference& result) {
  std::vector<double> differences = paired_differences(first, second);
  result.difference = mean_of(differences);
  result.precision = error_of_mean(differences);
  result.is_identical = std::all_of(differences.begin(), differences.end(), [](double d) { return d == 0; });
  if (options.rounds == 0) return;
  for (double& difference : differences) difference += options.margin;
  const PermutationPlan plan{options.rounds, options.seed, options.alternative};
  result.p_permutation = sign_flip_p_value(differences, plan);
  result.least_p = least_sign_flip_p_value(differences.size(), plan);
}

void test_independent(const ScoreSet& first, const ScoreSet& second, const MeanTestOptions& options,
                      MeanDifference& result) {
  result.precision = welch_error(deviation_of(first.scores), static_cast<double>(first.scores.size()),
                                 deviation_of(second.scores), static_cast<double>(second.scores.size()));
  if (options.rounds == 0) return;
  std::vector<double> shifted = first.scores;
  for (double& score : shifted) score += options.margin;
  const PermutationPlan plan{options.rounds, options.seed, options.alternative};
  result.p_permutation = shuffle_p_value(shifted, second.scores, plan);
  result.least_p = least_shuffle_p_value(shifted.size(), second.scores.size(), plan);
}

}  // namespace

void ScoreSet::validate() const {
  if (scores.empty()) throw InvalidInput("comparing means: expected at least one clip per system, got none");
  if (!items.empty() && items.size() != scores.size())
    throw InvalidInput(
        fmt::format("comparing means: expected {} items, got {}", scores.size(), items.size()));
  for (const double score : scores)
    if (!std::isfinite(score))
      throw InvalidInput(fmt::format("comparing means: expected finite scores, got {}", score));
}

void MeanTestOptions::validate() const {
  if (rounds != 0) check_permutations(rounds);
  if (!(confidence > 0 && confidence < 1))
    throw InvalidInput(fmt::format("confidence: expected a number between 0 and 1, got {}", confidence));
  if (!std::isfinite(margin)) throw InvalidInput(fmt::format("margin: expected a number, got {}", margin));
}

double deviation_of(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

std::optional<Interval> mean_interval(const std::vector<double>& scores, double confidence) {
  if (scores.size() < 2) return std::nullopt;
  return interval_around(mean_of(scores), error_of_mean(scores), confidence);
}

DifferenceError welch_error(double first_deviation, double first_clips, double second_deviation,
                            double second_clips) {
  const double a = first_deviation * first_deviation / first_clips;
  const double b = second_deviation * second_deviation / second_clips;
  if (!(a + b > 0)) return {0.0, std::min(first_clips, second_clips) - 1};
  return {std::sqrt(a + b), (a + b) * (a + b) / (a * a / (first_clips - 1) + b * b / (second_clips - 1))};
}

bool are_paired(const ScoreSet& first, const ScoreSet& second) {
  if (first.items.empty() || first.items.size() != second.items.size()) return false;
  std::vector<std::string> ours = first.items;
  std::vector<std::string> theirs = second.items;
  std::sort(ours.begin(), ours.end());
  std::sort(theirs.begin(), theirs.end());
  return ours == theirs && std::adjacent_find(ours.begin(), ours.end()) == ours.end();
}

std::vector<double> paired_differences(const ScoreSet& first, const ScoreSet& second) {
  std::unordered_map<std::string, double> other;
  for (std::size_t i = 0; i < second.scores.size(); ++i) other.emplace(second.items[i], second.scores[i]);
  std::vector<double> differences;
  for (std::size_t i = 0; i < first.scores.size(); ++i)
    differences.push_back(first.scores[i] - other.at(first.items[i]));
  return differences;
}

MeanDifference compare_means(const ScoreSet& first, const ScoreSet& second, const MeanTestOptions& options) {
  options.validate();
  first.validate();
  second.validate();
  MeanDifference result;
  result.first_clips = first.scores.size();
  result.second_clips = second.scores.size();
  result.is_paired = are_paired(first, second);
  result.difference = mean_of(first.scores) - mean_of(second.scores);
  if (result.first_clips < 2 || result.second_clips < 2) {
    result.is_identical = result.is_paired && result.difference == 0;
    return result;
  }
  if (result.is_paired)
    test_pairs(first, second, options, result);
  else
    test_independent(first, second, options, result);
  result.interval = interval_around(result.difference, *result.precision, options.confidence);
  result.p_t = t_p_value(ratio(result.difference + options.margin, result.precision->error),
                         result.precision->degrees, options.alternative);
  return result;
}

}  // namespace qamro::statistics
