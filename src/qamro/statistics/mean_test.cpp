#include "qamro/statistics/mean_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <unordered_map>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/core/random.h"
#include "qamro/statistics/paired_permutation.h"
#include "qamro/statistics/student_t.h"

namespace qamro::statistics {
namespace {

// Rounding must not decide between a permutation and its mirror image.
constexpr double kMeanAsFar = 1 - 1e-12;

struct Sample {
  double n = 0;
  double mean = 0;
  double squared_error = 0;  // of the mean

  explicit Sample(std::span<const double> values) : n(static_cast<double>(values.size())) {
    for (const double v : values) mean += v;
    mean /= n;
    double squares = 0;
    for (const double v : values) squares += (v - mean) * (v - mean);
    squared_error = n > 1 ? squares / (n - 1) / n : 0.0;
  }
};

double ratio(double difference, double error) {
  if (error > 0) return difference / error;
  return difference == 0 ? 0.0 : std::copysign(std::numeric_limits<double>::infinity(), difference);
}

double welch_t(const Sample& first, const Sample& second) {
  return ratio(first.mean - second.mean, std::sqrt(first.squared_error + second.squared_error));
}

double welch_degrees(const Sample& first, const Sample& second) {
  const double both = first.squared_error + second.squared_error;
  if (!(both > 0)) return std::min(first.n, second.n) - 1;
  return both * both /
         (first.squared_error * first.squared_error / (first.n - 1) +
          second.squared_error * second.squared_error / (second.n - 1));
}

void check(const ScoreSet& set) {
  if (set.scores.empty())
    throw InvalidInput("comparing means: expected at least one clip per system, got none");
  if (!set.items.empty() && set.items.size() != set.scores.size())
    throw InvalidInput(
        fmt::format("comparing means: expected {} items, got {}", set.scores.size(), set.items.size()));
  for (const double score : set.scores)
    if (!std::isfinite(score))
      throw InvalidInput(fmt::format("comparing means: expected finite scores, got {}", score));
}

// How far a statistic lies in the direction of the alternative.
double distance(double statistic, Alternative alternative) {
  return alternative == Alternative::kLess ? -statistic : std::abs(statistic);
}

bool as_far(double statistic, double observed, Alternative alternative) {
  const double far = distance(observed, alternative);
  const double own = distance(statistic, alternative);
  return own >= (far > 0 ? far * kMeanAsFar : far - 1e-12 * std::abs(far));
}

double sign_flip_p(const std::vector<double>& differences, const MeanTestOptions& options) {
  const double observed = std::accumulate(differences.begin(), differences.end(), 0.0);
  Random random(derive_seed(options.seed, "compare_means/signs"));
  std::int64_t count = 1;
  for (std::int64_t round = 0; round < options.rounds; ++round) {
    double sum = 0;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < differences.size(); ++i) {
      if (i % 64 == 0) bits = random.next();
      sum += (bits & 1) != 0 ? differences[i] : -differences[i];
      bits >>= 1;
    }
    count += as_far(sum, observed, options.alternative) ? 1 : 0;
  }
  return static_cast<double>(count) / static_cast<double>(options.rounds + 1);
}

double shuffle_p(const std::vector<double>& first, const std::vector<double>& second,
                 const MeanTestOptions& options) {
  const double observed = welch_t(Sample(first), Sample(second));
  std::vector<double> all = first;
  all.insert(all.end(), second.begin(), second.end());
  const std::span<const double> view = all;
  Random random(derive_seed(options.seed, "compare_means/shuffles"));
  std::int64_t count = 1;
  for (std::int64_t round = 0; round < options.rounds; ++round) {
    for (std::size_t i = 0; i < first.size(); ++i) std::swap(all[i], all[i + random.below(all.size() - i)]);
    const double t = welch_t(Sample(view.first(first.size())), Sample(view.subspan(first.size())));
    count += as_far(t, observed, options.alternative) ? 1 : 0;
  }
  return static_cast<double>(count) / static_cast<double>(options.rounds + 1);
}

double drawn_mean(const std::vector<double>& values, Random& random) {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += values[random.below(values.size())];
  return sum / static_cast<double>(values.size());
}

double one_or_two_sided(double t, double degrees, Alternative alternative) {
  const double both = student_t_p_value(t, degrees);
  if (alternative == Alternative::kDifferent) return both;
  return t < 0 ? both / 2 : 1 - both / 2;
}

// A resampled mean minus the mean, widened because resampled means of n clips spread too little.
double drawn_error(const std::vector<double>& values, const Sample& sample, Random& random) {
  return (drawn_mean(values, random) - sample.mean) * std::sqrt(sample.n / (sample.n - 1));
}

// value ± Student's t times the standard deviation of the resampled values. second: empty
// for paired differences.
void add_bootstrap(const std::vector<double>& first, const std::vector<double>& second,
                   const MeanTestOptions& options, MeanDifference& result) {
  Random random(derive_seed(options.seed, "compare_means/resamples"));
  const bool is_paired = second.empty();
  const Sample a(first);
  const Sample b(is_paired ? std::span(first) : std::span(second));
  double squares = 0;
  for (std::int64_t round = 0; round < options.rounds; ++round) {
    double error = drawn_error(first, a, random);
    if (!is_paired) error -= drawn_error(second, b, random);
    squares += error * error;
  }
  const double degrees = is_paired ? a.n - 1 : welch_degrees(a, b);
  const double error = std::sqrt(squares / static_cast<double>(options.rounds));
  const double half = student_t_quantile(options.confidence, degrees) * error;
  result.interval = Interval{result.difference - half, result.difference + half};
  result.p_bootstrap =
      one_or_two_sided(ratio(result.difference + options.margin, error), degrees, options.alternative);
}

}  // namespace

void MeanTestOptions::validate() const {
  check_permutations(rounds);
  if (!(confidence > 0 && confidence < 1))
    throw InvalidInput(fmt::format("confidence: expected a number between 0 and 1, got {}", confidence));
  if (!std::isfinite(margin)) throw InvalidInput(fmt::format("margin: expected a number, got {}", margin));
}

double paired_t_p_value(const std::vector<double>& differences) {
  const Sample sample(differences);
  return student_t_p_value(ratio(sample.mean, std::sqrt(sample.squared_error)), sample.n - 1);
}

double welch_p_value(const std::vector<double>& first, const std::vector<double>& second) {
  const Sample a(first);
  const Sample b(second);
  return student_t_p_value(welch_t(a, b), welch_degrees(a, b));
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
  check(first);
  check(second);
  MeanDifference result;
  result.first_clips = first.scores.size();
  result.second_clips = second.scores.size();
  result.is_paired = are_paired(first, second);
  result.difference = Sample(first.scores).mean - Sample(second.scores).mean;
  if (result.first_clips < 2 || result.second_clips < 2) return result;
  if (result.is_paired) {
    std::vector<double> differences = paired_differences(first, second);
    result.difference = Sample(differences).mean;
    add_bootstrap(differences, {}, options, result);
    for (double& difference : differences) difference += options.margin;
    result.p_permutation = sign_flip_p(differences, options);
  } else {
    add_bootstrap(first.scores, second.scores, options, result);
    std::vector<double> shifted = first.scores;
    for (double& score : shifted) score += options.margin;
    result.p_permutation = shuffle_p(shifted, second.scores, options);
  }
  return result;
}

}  // namespace qamro::statistics
