#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "qamro/core/random.h"

namespace qamro::evaluation {

struct BootstrapOptions {
  std::int64_t resamples = 1000;  // 0: no intervals
  std::uint64_t seed = 0;
  double confidence = 0.95;  // in (0, 1)
  int threads = 0;           // 0: one a core; the intervals do not depend on it

  // Throws InvalidInput, which names the option.
  void validate() const;
};

struct Interval {
  double low;
  double high;

  bool contains(double value) const { return low <= value && value <= high; }
};

struct BootstrapInterval {
  std::optional<Interval> interval;  // none where no resample gave a number
  std::int64_t dropped = 0;  // resamples in which the statistic was undefined; the others make the interval
  // Two-sided p-value of the hypothesis that the statistic is 0 (of a difference: that there is none), the
  // interval turned round: twice the smaller of (#{<= 0} + 1) and (#{>= 0} + 1) over the resamples + 1, at
  // most 1. Never below 2 / (resamples + 1). None where there is no interval.
  std::optional<double> p_zero = {};
};

// How resampled values become an interval.
//   kPercentile   their quantiles (Efron and Tibshirani, 1993, chapter 13). Too narrow with few units: with
//   30
//                 the interval of an LCC covers some 92 %, of an MSE 90 %
//   kStabilised   around the value, on a scale where the spread hardly depends on it (Fisher's z of
//                 correlations, the logarithm of an MSE): value ± Student's t times the spread of the
//                 resampled values, with n / (n - 1) for n units; of rank correlations, which spread more in
//                 resamples of few units than in fact, the normal quantile instead. With fewer than 3 units,
//                 or where the scale has no place for the value (a correlation of 1) or for a sixth of the
//                 resampled ones, a percentile interval
// tests/evaluation/coverage_test.cpp counts how often they cover.
enum class IntervalMethod { kPercentile, kStabilised };

// The scale of IntervalMethod::kStabilised.
enum class IntervalScale { kIdentity, kLogarithm, kFisherZ, kFisherZOfRanks };

// Draws one resample and writes its statistics; NaN: undefined in this resample. Called from several threads.
using ResampledStatistics = std::function<void(Random& random, std::span<double> statistics)>;

// All resampled values, [resample][statistic]. Resample i draws from its own random stream, which follows
// from the seed, `purpose` and i alone.
std::vector<double> bootstrap_values(std::size_t statistics, std::string_view purpose,
                                     const BootstrapOptions& options, const ResampledStatistics& resample);

// Statistic number `statistic` of all resamples.
std::vector<double> column_of(std::span<const double> values, std::size_t statistics, std::size_t statistic);

// A percentile interval for each of `statistics` numbers. Resample i draws from its own random stream, which
// follows from the seed, `purpose` and i alone.
std::vector<BootstrapInterval> bootstrap(std::size_t statistics, std::string_view purpose,
                                         const BootstrapOptions& options,
                                         const ResampledStatistics& resample);

// From resampled values (NaN is dropped) the quantiles (1 - confidence) / 2 and (1 + confidence) / 2,
// linearly interpolated as numpy.quantile does.
BootstrapInterval percentile_interval(std::span<const double> values, double confidence);

// As IntervalMethod::kStabilised says. units: how many were drawn.
BootstrapInterval stabilised_interval(std::span<const double> values, double estimate, IntervalScale scale,
                                      std::size_t units, double confidence);

// How often each of n units is drawn when n are drawn with replacement.
std::vector<std::uint32_t> draw_counts(std::size_t n, Random& random);

}  // namespace qamro::evaluation
