#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "qamro/metrics/metric.h"
#include "qamro/statistics/bootstrap.h"
#include "qamro/statistics/paired_permutation.h"

namespace qamro::statistics {

// How many raters would settle a comparison of two predictors, if the data at hand are typical: samples are
// drawn from them with replacement and tested. If the data show no difference, no number is enough.

struct PowerOptions {
  double alpha = 0.05;  // two-sided
  double power = 0.8;   // share of samples that must settle it the same way as the data do
  std::int64_t rounds = 400;
  std::size_t max_size = 20'000;  // no sample is larger
  std::uint64_t seed = 0;
  int threads = 0;

  // Throws InvalidInput, which names the option.
  void validate() const;
};

struct PowerPoint {
  std::size_t n = 0;
  double power = 0;
};

struct PowerCurve {
  std::vector<PowerPoint> points;  // what was tried, ordered by n
  std::optional<std::size_t>
      enough;  // least n found to reach the power, within 10 %; absent: not by `max_size`
};

// Searches for the least n >= `fewest`: doubles or halves `current`, then bisects.
PowerCurve search_power(std::size_t current, std::size_t fewest,
                        const std::function<double(std::size_t n)>& power_of, const PowerOptions& options);

// Raters needed per clip, with the number of clips unchanged: draws clips and, within each clip, raters.
// raters: [clip of data][rater]; NaN is left out. A clip without ratings keeps its label.
PowerCurve raters_to_settle(const TwoPredictions& data, const std::vector<std::vector<double>>& raters,
                            metrics::Metric metric, const PowerOptions& options = {});

}  // namespace qamro::statistics
