#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "qamro/evaluation/evaluate.h"

namespace qamro::evaluation {

// How well anything can agree with labels that are means of a few raters.

struct CeilingOptions {
  std::int64_t rounds = 200;  // random splits, and simulated sets of labels; 1 to 1,000,000
  std::uint64_t seed = 0;
  int threads = 0;  // 0: one a core; the numbers do not depend on it
  // [clip] what true opinions are shrunk within and between (see ideal); empty: systems, or one for all.
  std::vector<std::string> strata = {};

  // Throws InvalidInput, which names the option.
  void validate() const;
};

// A metric over rounds in which it was defined; as kMetricNames wherever there are four.
struct RoundsSummary {
  std::optional<double> mean;
  std::optional<double> sd;  // of the rounds, with n - 1; none for one round
};

using FourSummaries = std::array<RoundsSummary, 4>;
using FourNumbers = std::array<std::optional<double>, 4>;

// Raters are split at random into two halves of floor(k / 2) of a clip's k.
struct SplitHalf {
  FourSummaries halves;  // the one half's means against the other's
  // Two independent panels as large as the one that there is: Spearman and Brown's prophecy
  // f r / (1 + (f - 1) r) with f = k / floor(k / 2); Kendall's through Greiner's r = sin(pi tau / 2); of the
  // MSE 1 / f of the halves'.
  FourNumbers panels;
  // A predictor that knows what infinitely many raters would say, against the labels: sqrt(panels) of the
  // correlations (exact of the LCC, near of the others), half the panels' MSE.
  FourNumbers ideal;
};

struct LevelCeiling {
  std::size_t n = 0;          // clips or systems
  SplitHalf split_each_clip;  // every clip anew
  // The same raters (by their place in the lists) of every clip; where all clips have as many.
  std::optional<SplitHalf> split_columns;
  // The same ideal predictor by simulation: true opinions are the observed means shrunk to the variance that
  // raters' noise leaves, separately between and within strata; labels are these plus the mean of k residuals
  // drawn from the clip's own, times sqrt(k / (k - 1)).
  FourSummaries ideal;
  // One rater (a place in the lists) against the mean of the others, over the places that every clip has. A
  // place is a sequence of different people, where lists do not keep one rater to a place.
  FourSummaries single_rater;
};

struct NoiseCeiling {
  std::string axis;
  std::size_t clips = 0;     // with two raters or more
  std::size_t left_out = 0;  // with one rating or none
  double raters = 0;         // mean number a clip
  // One-way random ICC (Shrout and Fleiss, 1979, case 1) of one rater, and of the panel's mean. None where
  // all ratings are equal.
  std::optional<double> icc_single;
  std::optional<double> icc_panel;
  // Variance of the places' means over its expectation for raters that can be exchanged; 1: they can. None
  // where clips have different numbers of raters.
  std::optional<double> column_mean_variance_ratio;
  double reliability_within = 0;   // share of the variance within strata that is not raters' noise, 0 to 1
  double reliability_between = 0;  // likewise between strata
  std::optional<LevelCeiling> utterance;
  std::optional<LevelCeiling> system;  // where systems are known
};

// One an axis of scores.raters (predictions do not matter, except that clips without any label leave). An
// axis on which no two clips have two raters has neither level. Throws InvalidInput for scores without
// raters, or that do not fit together.
std::vector<NoiseCeiling> noise_ceilings(const JoinedScores& scores, const CeilingOptions& options = {});

}  // namespace qamro::evaluation
