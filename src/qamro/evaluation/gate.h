#pragma once

#include <optional>
#include <string>
#include <vector>

#include "qamro/statistics/mean_test.h"

namespace qamro::evaluation {

// Options for deciding whether a system passes, for continuous integration of generators.
struct GateOptions {
  double alpha = 0.05;
  // The mean passes a lower bound when it reaches it; with `sure`, only when the mean's one-sided lower
  // confidence bound (1 - alpha) reaches it.
  bool sure = false;
  // Without a margin, a system fails against a baseline when its mean is lower beyond chance (one-sided,
  // alpha). With a margin (0 or more, in the axis' units), it passes only when it is beyond chance that its
  // mean is not lower by the margin or more (a non-inferiority test).
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
  std::optional<statistics::Interval>
      mean_interval;              // two-sided, 1 - 2 alpha: its low end is the one-sided bound
  std::optional<double> minimum;  // if checked against a lower bound
  std::optional<statistics::MeanDifference>
      against;              // if against a baseline; its interval is two-sided, 1 - 2 alpha
  std::optional<double> p;  // decides: permutation test; without a margin, Holm-corrected
};

// A lower bound of an axis' mean.
struct AxisMinimum {
  std::string axis;
  double minimum = 0;
};

// Reads "AXIS=NUMBER". Empty for anything else, and for a number that is not finite.
std::optional<AxisMinimum> parse_minimum(const std::string& text);

// Checks the mean against a lower bound. With `sure`, a single clip never passes.
GateCheck check_minimum(const std::string& axis, const statistics::ScoreSet& scores, double minimum,
                        const GateOptions& options);

struct GatePair {
  std::string axis;
  statistics::ScoreSet candidate;
  statistics::ScoreSet baseline;
};

// Checks every axis against the baseline's. Without a margin, p-values are Holm-corrected: if no axis got
// worse, at most alpha of runs fail an axis by chance. With a margin, every axis must pass by itself, which
// needs no correction. A side with a single clip cannot be tested: without a margin it passes if the mean is
// not lower, with a margin it fails.
std::vector<GateCheck> check_not_worse(const std::vector<GatePair>& pairs, const GateOptions& options);

// Whether no check failed.
bool all_passed(const std::vector<GateCheck>& checks);

// "PASS  mos 3.82 [3.71, 3.93] >= 3.5, 24 clips; ...": one line; failed checks first.
std::string gate_verdict(const std::vector<GateCheck>& checks);

}  // namespace qamro::evaluation
