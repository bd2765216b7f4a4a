#include "qamro/statistics/mean_power.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "qamro/core/error.h"
#include "qamro/statistics/student_t.h"

namespace qamro::statistics {
namespace {

constexpr std::size_t kMaxClips = 1'000'000;

// The number of standard errors that a noticed difference is long.
double errors_to_notice(double degrees, const MeanPowerOptions& options) {
  const double two_sided = options.alternative == Alternative::kDifferent ? options.alpha : 2 * options.alpha;
  return student_t_quantile(1 - two_sided, degrees) + student_t_quantile(2 * options.power - 1, degrees);
}

// A quantile of chi-squared over its degrees of freedom (Wilson and Hilferty, 1931). z: of the normal
// distribution.
double chi_squared_ratio(double degrees, double z) {
  const double a = 2 / (9 * degrees);
  return std::pow(std::max(1e-3, 1 - a + z * std::sqrt(a)), 3);
}

// One side's spread, or that of the items' differences.
struct Spread {
  bool is_paired = false;
  double first = 0;
  double second = 0;
  double degrees = 0;

  DifferenceError with(std::size_t clips, double scale) const {
    const auto n = static_cast<double>(clips);
    if (is_paired) return {scale * first / std::sqrt(n), n - 1};
    return welch_error(scale * first, n, scale * second, n);
  }
};

std::size_t clips_of(const Spread& spread, double scale, double difference, const MeanPowerOptions& options) {
  const auto is_enough = [&](std::size_t n) {
    const DifferenceError precision = spread.with(n, scale);
    return errors_to_notice(precision.degrees, options) * precision.error <= difference;
  };
  std::size_t low = fewest_clips(spread.is_paired, options);
  if (is_enough(low)) return low;
  std::size_t high = low;
  while (high < kMaxClips && !is_enough(high)) high = std::min(2 * high, kMaxClips);
  while (high > low + 1) {
    const std::size_t middle = low + (high - low) / 2;
    (is_enough(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace

void MeanPowerOptions::validate() const {
  if (!(alpha > 0 && alpha < 0.5))
    throw InvalidInput(fmt::format("alpha: expected a number between 0 and 0.5, got {}", alpha));
  if (!(power > 0.5 && power < 1))
    throw InvalidInput(fmt::format("power: expected a number between 0.5 and 1, got {}", power));
}

std::optional<double> noticeable_difference(const MeanDifference& test, const MeanPowerOptions& options) {
  options.validate();
  if (!test.precision) return std::nullopt;
  return errors_to_notice(test.precision->degrees, options) * test.precision->error;
}

std::optional<ClipsNeeded> clips_to_notice(const ScoreSet& first, const ScoreSet& second, double difference,
                                           const MeanPowerOptions& options) {
  options.validate();
  if (!(difference > 0))
    throw InvalidInput(fmt::format("difference to notice: expected more than 0, got {}", difference));
  if (first.scores.size() < 2 || second.scores.size() < 2) return std::nullopt;
  Spread spread{.is_paired = are_paired(first, second)};
  if (spread.is_paired) {
    spread.first = deviation_of(paired_differences(first, second));
    spread.degrees = static_cast<double>(first.scores.size() - 1);
  } else {
    spread.first = deviation_of(first.scores);
    spread.second = deviation_of(second.scores);
    spread.degrees = welch_error(spread.first, static_cast<double>(first.scores.size()), spread.second,
                                 static_cast<double>(second.scores.size()))
                         .degrees;
  }
  const double z = student_t_quantile(0.95, std::numeric_limits<double>::infinity());
  const auto with_scale = [&](double scale) { return clips_of(spread, scale, difference, options); };
  return ClipsNeeded{with_scale(1), with_scale(1 / std::sqrt(chi_squared_ratio(spread.degrees, z))),
                     with_scale(1 / std::sqrt(chi_squared_ratio(spread.degrees, -z))), spread.is_paired};
}

std::size_t units_to_settle(double difference, double error, std::size_t units,
                            const MeanPowerOptions& options) {
  options.validate();
  const double errors =
      errors_to_notice(static_cast<double>(units) - 1, options) * error / std::abs(difference);
  const double needed = std::ceil(static_cast<double>(units) * errors * errors);
  const std::size_t fewest = fewest_clips(true, options);
  return needed < static_cast<double>(kMaxClips) ? std::max(fewest, static_cast<std::size_t>(needed))
                                                 : kMaxClips;
}

std::size_t fewest_clips(bool is_paired, const MeanPowerOptions& options) {
  const PermutationPlan plan{.rounds = std::numeric_limits<std::int64_t>::max() - 1,
                             .alternative = options.alternative};
  std::size_t clips = 2;
  const auto least = [&] {
    return is_paired ? least_sign_flip_p_value(clips, plan) : least_shuffle_p_value(clips, clips, plan);
  };
  while (least() > options.alpha && clips < kMaxClips) ++clips;
  return clips;
}

}  // namespace qamro::statistics
