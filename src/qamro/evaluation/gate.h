#pragma once

#include <optional>
#include <string>
#include <vector>

#include "qamro/evaluation/mean_test.h"

namespace qamro::evaluation {

// Whether a system may pass, for continuous integration of generators.
struct GateOptions {
  double alpha = 0.05;
  // A lower bound is passed when the mean reaches it; with `sure`, only when the one-sided lower confidence
  // bound of the mean (1 - alpha) does.
  bool sure = false;
  // Without a margin, a baseline is failed when the mean is lower beyond chance (one-sided, alpha). With one
  // (0 or more, in the axis' units), it is passed only when it is beyond chance that the mean is not lower by
  // the margin or more (a non-inferiority test).
  std::optional<double> margin = std::nullopt;
  std::int64_t rounds = 10'000;
  std::uint64_t seed = 0;

  // Throws InvalidInput, which names the option.
  void validate() const;
};

struct GateCheck {
  std::string axis;
  bool passed = false;
  std::string what;  // "mos 3.82 [3.71, 3.93] >= 3.5": for people
  double mean = 0;
  std::optional<Interval> mean_interval;  // two-sided, 1 - 2 alpha: its low end is the one-sided bound
  std::optional<double> minimum;          // of a lower bound
  std::optional<MeanDifference> against;  // of a baseline; its interval is two-sided, 1 - 2 alpha
  std::optional<double> p;                // what decided: permutation test, Holm-corrected over axes
};

// The mean against a lower bound. One clip is never sure.
GateCheck check_minimum(const std::string& axis, const ScoreSet& scores, double minimum,
                        const GateOptions& options);

struct GatePair {
  std::string axis;
  ScoreSet candidate;
  ScoreSet baseline;
};

// Every axis against the baseline's. Without a margin, p-values are Holm-corrected: with axes of which none
// got worse, one is failed by chance in at most alpha of runs. With a margin every axis must pass by itself,
// which needs no correction. Sides with a single clip cannot be tested: without a margin they pass when the
// mean is not lower, with one they fail.
std::vector<GateCheck> check_not_worse(const std::vector<GatePair>& pairs, const GateOptions& options);

}  // namespace qamro::evaluation
