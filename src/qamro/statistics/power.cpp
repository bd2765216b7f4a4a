#include "qamro/statistics/power.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <span>
#include <string>

#include "qamro/core/error.h"
#include "qamro/core/random.h"
#include "qamro/statistics/numbers.h"
#include "qamro/statistics/significance.h"

namespace qamro::statistics {
namespace {

BootstrapOptions rounds_of(const PowerOptions& options) {
  return {.resamples = options.rounds, .seed = options.seed, .threads = options.threads};
}

using DrawPoints = std::function<void(Random& random, TwoPredictions& points)>;

double difference_of(const TwoPredictions& points, metrics::Metric metric) {
  const auto first = metrics::numbers_of(metrics::all_metrics(points.first, points.label));
  const auto second = metrics::numbers_of(metrics::all_metrics(points.second, points.label));
  return first[metric] - second[metric];
}

// Share of samples whose difference has the sign `sign` and is beyond chance. A sample without a
// difference settles nothing.
double power_of_samples(const std::string& purpose, metrics::Metric metric, double sign,
                        const DrawPoints& draw, const PowerOptions& options) {
  auto differences =
      bootstrap_values(1, purpose, rounds_of(options), [&](Random& random, std::span<double> out) {
        TwoPredictions points;
        draw(random, points);
        out[0] = difference_of(points, metric);
      });
  std::erase_if(differences, [](double d) { return std::isnan(d); });
  if (differences.size() < 2) return 0;
  const double mean = mean_of(differences);
  double squares = 0;
  for (const double d : differences) squares += (d - mean) * (d - mean);
  const double error = std::sqrt(squares / static_cast<double>(differences.size() - 1));
  const double far = student_t_quantile(1 - options.alpha, std::numeric_limits<double>::infinity()) * error;
  const auto settled =
      std::count_if(differences.begin(), differences.end(), [&](double d) { return sign * d > far; });
  return static_cast<double>(settled) / static_cast<double>(options.rounds);
}

double sign_of(double value) {
  return value < 0 ? -1.0 : 1.0;
}

void check_lengths(const TwoPredictions& data) {
  if (data.first.size() != data.label.size() || data.second.size() != data.label.size())
    throw InvalidInput(fmt::format("power: expected {} scores of both predictors, got {} and {}",
                                   data.label.size(), data.first.size(), data.second.size()));
}

double mean_of_drawn_raters(const std::vector<double>& raters, double label, std::size_t k, Random& random) {
  if (raters.empty()) return label;
  double sum = 0;
  for (std::size_t i = 0; i < k; ++i) sum += raters[random.below(raters.size())];
  return sum / static_cast<double>(k);
}

void add_point(const TwoPredictions& data, std::size_t i, double label, TwoPredictions& points) {
  points.first.push_back(data.first[i]);
  points.second.push_back(data.second[i]);
  points.label.push_back(label);
}

}  // namespace

void PowerOptions::validate() const {
  if (!(alpha > 0 && alpha < 1))
    throw InvalidInput(fmt::format("power alpha: expected a number between 0 and 1, got {}", alpha));
  if (!(power > 0 && power < 1))
    throw InvalidInput(fmt::format("power: expected a number between 0 and 1, got {}", power));
  if (rounds < 10 || rounds > 1'000'000)
    throw InvalidInput(fmt::format("power rounds: expected 10 to 1000000, got {}", rounds));
}

PowerCurve search_power(std::size_t current, std::size_t fewest,
                        const std::function<double(std::size_t n)>& power_of, const PowerOptions& options) {
  options.validate();
  constexpr double kFine = 1.1;
  const std::size_t max_size = std::max(options.max_size, fewest);
  std::map<std::size_t, double> tried;
  const auto is_enough = [&](std::size_t n) {
    const auto [found, is_new] = tried.try_emplace(n, 0.0);
    if (is_new) found->second = power_of(n);
    return found->second >= options.power;
  };
  std::size_t high = std::clamp(current, fewest, max_size);
  while (!is_enough(high) && high < max_size) high = std::min(2 * high, max_size);
  PowerCurve curve;
  if (is_enough(high)) {
    std::size_t low = std::max(fewest, high / 2);
    while (low > fewest && is_enough(low)) {
      high = low;
      low = std::max(fewest, low / 2);
    }
    if (is_enough(low)) high = low;
    while (high > low + 1 && static_cast<double>(high) > kFine * static_cast<double>(low)) {
      const std::size_t middle = low + (high - low) / 2;
      (is_enough(middle) ? high : low) = middle;
    }
    curve.enough = high;
  }
  for (const auto& [n, power] : tried) curve.points.push_back({n, power});
  return curve;
}

PowerCurve raters_to_settle(const TwoPredictions& data, const std::vector<std::vector<double>>& raters,
                            metrics::Metric metric, const PowerOptions& options) {
  check_lengths(data);
  if (raters.size() != data.label.size())
    throw InvalidInput(
        fmt::format("power: expected raters of {} clips, got {}", data.label.size(), raters.size()));
  const double difference = difference_of(data, metric);
  if (std::isnan(difference) || difference == 0) return {};
  std::vector<std::vector<double>> said = raters;
  double count = 0;
  for (auto& clip : said) {
    std::erase_if(clip, [](double rating) { return std::isnan(rating); });
    count += static_cast<double>(clip.size());
  }
  const auto power_of = [&](std::size_t raters_each) {
    const auto draw = [&](Random& random, TwoPredictions& points) {
      for (std::size_t k = 0; k < data.label.size(); ++k) {
        const std::size_t i = random.below(data.label.size());
        add_point(data, i, mean_of_drawn_raters(said[i], data.label[i], raters_each, random), points);
      }
    };
    return power_of_samples(fmt::format("raters_to_settle/{}", raters_each), metric, sign_of(difference),
                            draw, options);
  };
  const auto current = static_cast<std::size_t>(std::lround(count / static_cast<double>(said.size())));
  return search_power(std::max<std::size_t>(1, current), 1, power_of, options);
}

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
