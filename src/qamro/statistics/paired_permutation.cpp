#include "qamro/statistics/paired_permutation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include "qamro/core/error.h"
#include "qamro/core/random.h"
#include "qamro/metrics/correlation.h"
#include "qamro/metrics/weighted_ranks.h"
#include "qamro/statistics/bootstrap.h"
#include "qamro/statistics/numbers.h"

namespace qamro::statistics {
namespace {

using Values = std::vector<double>;

// Rounding must not decide between a permutation and its mirror image.
constexpr double kAsFar = 1 - 1e-9;
Values standardised(const Values& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  const double sd = std::sqrt(squares / n);
  Values result;
  for (const double v : values) result.push_back(sd > 0 ? (v - mean) / sd : 0.0);
  return result;
}

// Both predictors' values on one scale. swapped() exchanges the values of some units.
struct Sides {
  Values first;
  Values second;

  void swapped(const std::vector<std::uint32_t>& unit, const std::vector<bool>& swaps, Sides& result) const {
    result.first.resize(first.size());
    result.second.resize(first.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
      const bool swap = swaps[unit[i]];
      result.first[i] = swap ? second[i] : first[i];
      result.second[i] = swap ? first[i] : second[i];
    }
  }
};

class Statistics {
 public:
  explicit Statistics(const TwoPredictions& data)
      : data_(data),
        levels_(data.label),
        raw_{data.first, data.second},
        standard_{standardised(data.first), standardised(data.second)},
        ranks_{metrics::average_ranks(data.first), metrics::average_ranks(data.second)} {}

  // First minus second.
  metrics::PerMetric<double> differences(const std::vector<bool>& swaps) const {
    thread_local Sides sides;
    metrics::PerMetric<double> result;
    raw_.swapped(data_.unit, swaps, sides);
    result.mse = squared_error(sides.first) - squared_error(sides.second);
    standard_.swapped(data_.unit, swaps, sides);
    result.lcc = metrics::lcc(sides.first, data_.label).value.value_or(kUndefined) -
                 metrics::lcc(sides.second, data_.label).value.value_or(kUndefined);
    ranks_.swapped(data_.unit, swaps, sides);
    const auto first = rank_metrics(sides.first);
    const auto second = rank_metrics(sides.second);
    result.srcc = first.srcc.value.value_or(kUndefined) - second.srcc.value.value_or(kUndefined);
    result.ktau = first.ktau.value.value_or(kUndefined) - second.ktau.value.value_or(kUndefined);
    return result;
  }

 private:
  double squared_error(const Values& values) const {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      sum += (values[i] - data_.label[i]) * (values[i] - data_.label[i]);
    return sum / static_cast<double>(values.size());
  }

  metrics::RankMetrics rank_metrics(const Values& values) const {
    thread_local metrics::RankScratch scratch;
    thread_local std::vector<std::uint32_t> level;
    thread_local std::vector<std::uint32_t> once;
    const metrics::SortedOrder order(values);
    level.clear();
    for (const std::uint32_t i : order.order) level.push_back(levels_.level[i]);
    once.assign(values.size(), 1);
    return metrics::weighted_rank_metrics({order.group_ends, level, levels_.count, once}, scratch);
  }

  const TwoPredictions& data_;
  metrics::Levels levels_;
  Sides raw_;
  Sides standard_;
  Sides ranks_;
};

void check(const TwoPredictions& data) {
  const std::size_t n = data.label.size();
  if (data.first.size() != n || data.second.size() != n || data.unit.size() != n)
    throw InvalidInput(fmt::format(
        "permutation test: expected {} scores of both predictors and as many units, got {}, {} and {}", n,
        data.first.size(), data.second.size(), data.unit.size()));
  for (const std::uint32_t unit : data.unit)
    if (unit >= data.units)
      throw InvalidInput(fmt::format("permutation test: expected units below {}, got {}", data.units, unit));
}

}  // namespace

void check_permutations(std::int64_t rounds) {
  if (rounds < kMinPermutations || rounds > kMaxPermutations)
    throw InvalidInput(
        fmt::format("permutations: expected {} to {}, got {}", kMinPermutations, kMaxPermutations, rounds));
}

double smallest_p_value(std::size_t units, std::int64_t rounds) {
  return std::min(
      1.0, std::max(std::exp2(1.0 - static_cast<double>(units)), 1.0 / static_cast<double>(rounds + 1)));
}

PermutationNeeds needs_of_permutation(std::size_t tests, double alpha) {
  const double share = alpha / static_cast<double>(std::max<std::size_t>(tests, 1));
  PermutationNeeds needs;
  while (std::exp2(1.0 - static_cast<double>(needs.units)) > share) ++needs.units;
  // The quotient of numbers such as .05 / 3 must not round up to one round more.
  needs.rounds = static_cast<std::int64_t>(std::ceil(1.0 / share - 1.0 - 1e-9));
  return needs;
}

void PermutationOptions::validate() const {
  check_permutations(rounds);
}

metrics::PerMetric<std::optional<double>> paired_permutation(const TwoPredictions& data,
                                                             const PermutationOptions& options) {
  options.validate();
  check(data);
  metrics::PerMetric<std::optional<double>> p_values;
  if (data.label.size() < 2) return p_values;
  const Statistics statistics(data);
  const auto observed = statistics.differences(std::vector<bool>(data.units, false));
  const BootstrapOptions rounds{
      .resamples = options.rounds, .seed = options.seed, .threads = options.threads};
  const auto values = bootstrap_values(metrics::kMetricCount, "paired_permutation", rounds,
                                       [&](Random& random, std::span<double> out) {
                                         std::vector<bool> swaps(data.units);
                                         for (std::uint32_t unit = 0; unit < data.units; ++unit)
                                           swaps[unit] = (random.next() >> 63) != 0;
                                         metrics::write_row(statistics.differences(swaps), out);
                                       });
  for (const metrics::Metric metric : metrics::kMetrics) {
    const double far = std::abs(observed[metric]) * kAsFar;
    if (std::isnan(far)) continue;
    std::int64_t count = 1;
    for (const double value : column_of(values, metrics::kMetricCount, metrics::index_of(metric)))
      count += std::isnan(value) || std::abs(value) >= far ? 1 : 0;  // an undefined round counts as far out
    p_values[metric] = static_cast<double>(count) / static_cast<double>(options.rounds + 1);
  }
  return p_values;
}

}  // namespace qamro::statistics
