#pragma once

#include <optional>
#include <string>
#include <vector>

#include "qamro/core/enum_names.h"
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
  // Without a margin, a system passes only if the test would have noticed a drop of this size (above 0, in
  // the axis' units) with the probability `power`.
  std::optional<double> detect = std::nullopt;
  double power = 0.8;  // above .5
  std::int64_t rounds = 10'000;
  std::uint64_t seed = 0;

  // Throws InvalidInput, which names the option.
  void validate() const;
};

// kUndecided: there are too few clips (or permutations) for any other answer. It doesn't pass.
enum class GateOutcome { kPass, kFail, kUndecided };
constexpr auto enum_names(GateOutcome) {
  return names_table<GateOutcome>(
      {{GateOutcome::kPass, "PASS"}, {GateOutcome::kFail, "FAIL"}, {GateOutcome::kUndecided, "UNDECIDED"}});
}

struct GateCheck {
  std::string axis;
  GateOutcome outcome = GateOutcome::kFail;
  std::string what;  // "mos 3.82 [3.71, 3.93] >= 3.5": for people
  double mean = 0;
  std::optional<statistics::Interval> mean_interval;  // two-sided, 1 - alpha
  std::optional<double> lower_bound;                  // one-sided, 1 - alpha
  std::optional<double> minimum;                      // if checked against a lower bound
  // If against a baseline: candidate minus baseline; its interval is two-sided, 1 - alpha.
  std::optional<statistics::MeanDifference> against;
  std::optional<double> p;  // decides: one-sided permutation test; without a margin, Holm-corrected
  // The least drop that the test notices with GateOptions::power; absent as
  // statistics::noticeable_difference().
  std::optional<double> noticeable;
};

// A lower bound of an axis' mean.
struct AxisMinimum {
  std::string axis;
  double minimum = 0;
};

// Reads "AXIS=NUMBER". Empty for anything else, and for a number that is not finite.
std::optional<AxisMinimum> parse_minimum(const std::string& text);

// Checks the mean against a lower bound. With `sure`, a single clip is undecided.
GateCheck check_minimum(const std::string& axis, const statistics::ScoreSet& scores, double minimum,
                        const GateOptions& options);

struct GatePair {
  std::string axis;
  statistics::ScoreSet candidate;
  statistics::ScoreSet baseline;
};

// Checks every axis against the baseline's. Without a margin, p-values are Holm-corrected: if no axis got
// worse, at most alpha of runs fail an axis by chance. With a margin, every axis must pass by itself, which
// needs no correction. Clips with the same scores on both sides pass. An axis is undecided if its clips
// cannot reach alpha whatever their scores are, or if they would not notice a drop of `detect`.
std::vector<GateCheck> check_not_worse(const std::vector<GatePair>& pairs, const GateOptions& options);

// PASS if every check passed; otherwise FAIL if one failed.
GateOutcome gate_outcome(const std::vector<GateCheck>& checks);

// "PASS  mos 3.82 [3.71, 3.93] >= 3.5, 24 clips; ...": one line; what failed first, then what is undecided.
std::string gate_verdict(const std::vector<GateCheck>& checks);

}  // namespace qamro::evaluation
