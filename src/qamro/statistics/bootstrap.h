#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "qamro/core/random.h"
#include "qamro/metrics/metric.h"

namespace qamro::statistics {

constexpr std::int64_t kMaxResamples = 10'000'000;

struct BootstrapOptions {
  std::int64_t resamples = 1000;  // up to kMaxResamples; 0: no intervals
  std::uint64_t seed = 0;
  double confidence = 0.95;  // in (0, 1)
  int threads = 0;           // 0: one per core; the intervals do not depend on it

  // Throws InvalidInput, which names the option.
  void validate() const;
};

struct Interval {
  double low;
  double high;

  bool contains(double value) const { return low <= value && value <= high; }
};

struct BootstrapInterval {
  std::optional<Interval> interval;  // absent if no resample gave a number
  std::int64_t dropped = 0;          // resamples with an undefined statistic; the others give the interval
};

// How resampled values become an interval.
//   kPercentile   quantiles of the resampled values (Efron and Tibshirani, 1993, chapter 13). Too narrow with
//                 few units: with 30, the interval of an LCC covers about 92 %, of an MSE 90 %
//   kStabilised   around the value, on a scale where the spread hardly depends on the value (Fisher's z for
//                 correlations, the logarithm for an MSE): value ± Student's t times the spread of the
//                 resampled values times sqrt(n / (n - 1)) for n units. Rank correlations spread more in
//                 resamples of few units than in fact, so they take the normal quantile alone. A percentile
//                 interval with fewer than 3 units, or if the value (a correlation of 1) or a sixth of the
//                 resampled values is infinite on the scale
// tests/evaluation/coverage_test.cpp counts how often these intervals cover.
enum class IntervalMethod { kPercentile, kStabilised };

// The scale of IntervalMethod::kStabilised.
enum class IntervalScale { kIdentity, kLogarithm, kFisherZ, kFisherZOfRanks };
IntervalScale scale_of(metrics::Metric metric);

// Draws one resample and writes its statistics; NaN: undefined in this resample. Called from several threads.
using ResampledStatistics = std::function<void(Random& random, std::span<double> statistics)>;

// All resampled values, [resample][statistic]. Resample i draws from its own random stream, derived from the
// seed, `purpose` and i alone.
std::vector<double> bootstrap_values(std::size_t statistics, std::string_view purpose,
                                     const BootstrapOptions& options, const ResampledStatistics& resample);

// Statistic number `statistic` of all resamples.
std::vector<double> column_of(std::span<const double> values, std::size_t statistics, std::size_t statistic);

// The quantiles (1 - confidence) / 2 and (1 + confidence) / 2 of the resampled values (NaN is dropped),
// interpolated linearly as in numpy.quantile.
BootstrapInterval percentile_interval(std::span<const double> values, double confidence);

// The interval of IntervalMethod::kStabilised. units: the number of units drawn.
BootstrapInterval stabilised_interval(std::span<const double> values, double estimate, IntervalScale scale,
                                      std::size_t units, double confidence);

}  // namespace qamro::statistics
