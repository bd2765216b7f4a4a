#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "qamro/evaluation/evaluate.h"
#include "qamro/evaluation/mean_test.h"
#include "qamro/evaluation/paired_permutation.h"

namespace qamro::evaluation {

// How much data would settle a comparison, if things are as the data at hand say: samples of another size are
// drawn from these data with replacement, and tested. What looks like no difference here needs endless data.

struct PowerOptions {
  double alpha = 0.05;  // two-sided
  double power = 0.8;   // share of samples that must settle it the same way as the data do
  std::int64_t rounds = 400;
  std::size_t most = 20'000;  // no sample is larger
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
  std::vector<PowerPoint> points;     // what was tried, by n
  std::optional<std::size_t> enough;  // the least n found to reach the power, within 10 %; none up to `most`
};

// Looks for the least n from `fewest` up, doubling or halving from `current` and then bisecting.
PowerCurve search_power(std::size_t current, std::size_t fewest,
                        const std::function<double(std::size_t n)>& power_of, const PowerOptions& options);

// Clips of each system (items, if paired), tested with Student's or Welch's t.
PowerCurve clips_to_settle(const ScoreSet& first, const ScoreSet& second, const PowerOptions& options = {});

// Points (clips, or systems) of two predictors, in metric number `metric` of kMetricNames: a sample settles
// the comparison when the difference is farther from 0 than the normal quantile of alpha times the standard
// deviation of such differences. Units are not looked at.
PowerCurve points_to_settle(const TwoPredictions& data, std::size_t metric, const PowerOptions& options = {});

// Raters a clip, of as many clips as there are: both clips and, within each, raters are drawn.
// raters: [clip of data][rater], NaN left out; a clip without any keeps its label.
PowerCurve raters_to_settle(const TwoPredictions& data, const std::vector<std::vector<double>>& raters,
                            std::size_t metric, const PowerOptions& options = {});

}  // namespace qamro::evaluation
