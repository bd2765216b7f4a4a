#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "qamro/metrics/metric.h"
#include "qamro/statistics/rated_axis.h"

namespace qamro::statistics {

// How well anything can agree with labels that are means of a few raters.

struct CeilingOptions {
  std::int64_t rounds = 200;  // random splits, and simulated sets of labels; 1 to 1,000,000
  std::uint64_t seed = 0;
  int threads = 0;  // 0: one per core; the numbers do not depend on it

  // Throws InvalidInput, which names the option.
  void validate() const;
};

// A metric over the rounds in which it was defined.
struct RoundsSummary {
  std::optional<double> mean;
  std::optional<double> sd;  // over the rounds, with n - 1; absent for one round

  bool operator==(const RoundsSummary&) const = default;
};

using MetricSummaries = metrics::PerMetric<RoundsSummary>;
using OptionalMetrics = metrics::PerMetric<std::optional<double>>;

// A clip's k raters are split at random into two halves of floor(k / 2).
struct SplitHalf {
  MetricSummaries halves;  // means of one half against means of the other
  // Two independent panels of the actual size, by Spearman and Brown's prophecy f r / (1 + (f - 1) r) with
  // f = k / floor(k / 2). Kendall's tau goes through Greiner's r = sin(pi tau / 2); the MSE is 1 / f of
  // the halves' MSE.
  OptionalMetrics panels;
  // A predictor that knows what infinitely many raters would say, against the labels: sqrt(panels) for
  // correlations (exact for the LCC, approximate for the others), half the panels' MSE.
  OptionalMetrics ideal;
};

struct LevelCeiling {
  std::size_t n = 0;          // clips or systems
  SplitHalf split_each_clip;  // each clip is split anew
  // The same raters (by their place in the lists) for every clip; absent unless all clips have equally many.
  std::optional<SplitHalf> split_columns;
  // The same ideal predictor, simulated. True opinions are the observed means, shrunk to the variance that is
  // not raters' noise, separately between and within strata. Labels are true opinions plus the mean of k
  // residuals drawn from the clip's own, times sqrt(k / (k - 1)).
  MetricSummaries ideal;
  // One rater (a place in the lists) against the mean of the others, over the places that every clip has. If
  // the lists do not keep a rater in one place, a place mixes different people.
  MetricSummaries single_rater;
};

struct NoiseCeiling {
  std::string axis;
  std::size_t clips = 0;     // with two raters or more
  std::size_t left_out = 0;  // with one rating or none
  double raters = 0;         // mean number per clip
  // One-way random ICC (Shrout and Fleiss, 1979, case 1) of one rater, and of the panel's mean. icc_single is
  // absent if all ratings are equal, icc_panel if all clips have the same mean.
  std::optional<double> icc_single;
  std::optional<double> icc_panel;
  // Variance of the places' means divided by its expectation for exchangeable raters; about 1 if they are.
  // Absent if clips have different numbers of raters, or if no clip's raters differ.
  std::optional<double> column_mean_variance_ratio;
  double reliability_within = 0;   // share of the variance within strata that is not raters' noise, 0 to 1
  double reliability_between = 0;  // likewise between strata
  std::optional<LevelCeiling> utterance;
  std::optional<LevelCeiling> system;  // if systems are known
};

// The ceiling of `axis`, whose name only derives the random streams. clips.strata: within and between which
// true opinions are shrunk (see LevelCeiling::ideal). If fewer than two clips have two raters, there is
// neither level. Throws InvalidInput for lengths that do not fit.
NoiseCeiling noise_ceiling(const std::string& axis, const RatedClips& clips,
                           const CeilingOptions& options = {});

}  // namespace qamro::statistics
