#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "qamro/metrics/metric.h"
#include "qamro/statistics/bootstrap.h"
#include "qamro/statistics/mean_test.h"
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

// What a comparison of two systems' means can notice, and how many clips it would take to notice more. Both
// take the spread of the scores at hand for typical, and Student's t (paired) or Welch's for the test:
// a difference is noticed with the probability `power` if it is (t(1 - alpha) + t(power)) standard errors.
struct MeanPowerOptions {
  double alpha = 0.05;  // of the whole test; divide it by the number of comparisons first
  double power = 0.8;   // above .5
  Alternative alternative = Alternative::kDifferent;

  // Throws InvalidInput, which names the option.
  void validate() const;
};

// The least difference that the test notices. Absent if a side has fewer than two clips.
std::optional<double> noticeable_difference(const MeanDifference& test, const MeanPowerOptions& options = {});

// Clips per system (or pairs of clips): the estimate, and its range, because the spread is itself estimated
// from few clips (95 % by the chi-squared distribution of a variance). Never fewer than a permutation test
// needs to reach alpha. 1,000,000 stands for that many and more.
struct ClipsNeeded {
  std::size_t clips = 0;
  std::size_t low = 0;
  std::size_t high = 0;
  bool is_paired = false;
};

// Clips that notice a true difference of `difference` (> 0, in units of the scores). Absent if a side has
// fewer than two clips.
std::optional<ClipsNeeded> clips_to_notice(const ScoreSet& first, const ScoreSet& second, double difference,
                                           const MeanPowerOptions& options = {});

// Units (clips, systems, groups) that would settle a difference as large as `difference` (not 0), whose
// standard error, over `units` of them, falls with the root of their number. At most 1,000,000, which stands
// for more.
std::size_t units_to_settle(double difference, double error, std::size_t units,
                            const MeanPowerOptions& options = {});

// The fewest clips per system (or pairs) with which a permutation test can reach alpha at all.
std::size_t fewest_clips(bool is_paired, const MeanPowerOptions& options = {});

}  // namespace qamro::statistics
