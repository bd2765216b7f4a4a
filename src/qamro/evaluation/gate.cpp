#include "qamro/evaluation/gate.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "qamro/core/error.h"
#include "qamro/evaluation/mean_of.h"
#include "qamro/evaluation/multiple_comparisons.h"

namespace qamro::evaluation {
namespace {

MeanTestOptions test_options(const GateOptions& options) {
  return {.rounds = options.rounds, .seed = options.seed, .confidence = 1 - 2 * options.alpha};
}

std::string interval_text(const std::optional<Interval>& interval, const char* sign) {
  if (!interval) return "";
  return std::string(*sign == '+' ? fmt::format(" [{:+.2f}, {:+.2f}]", interval->low, interval->high)
                                  : fmt::format(" [{:.2f}, {:.2f}]", interval->low, interval->high));
}

// The interval of the mean, computed as its difference from 0.
std::optional<Interval> interval_of_mean(const ScoreSet& scores, const GateOptions& options) {
  ScoreSet own{scores.scores, {}};
  for (std::size_t i = 0; i < own.scores.size(); ++i) own.items.push_back(fmt::format("{}", i));
  const ScoreSet zeros{std::vector<double>(own.scores.size(), 0.0), own.items};
  return compare_means(own, zeros, test_options(options)).interval;
}

GateCheck compared(const GatePair& pair, const GateOptions& options) {
  GateCheck check;
  check.axis = pair.axis;
  check.mean = mean_of(pair.candidate.scores);
  check.mean_interval = interval_of_mean(pair.candidate, options);
  MeanTestOptions test = test_options(options);
  // "Not lower by the margin" holds if candidate + margin is higher than the baseline. The test asks the
  // reverse: whether the baseline is lower than candidate + margin.
  test.alternative = Alternative::kLess;
  if (!options.margin) {
    check.against = compare_means(pair.candidate, pair.baseline, test);
  } else {
    test.margin = -*options.margin;
    check.against = compare_means(pair.baseline, pair.candidate, test);
    MeanDifference& against = *check.against;
    against.difference = -against.difference;
    std::swap(against.first_clips, against.second_clips);
    if (against.interval) against.interval = Interval{-against.interval->high, -against.interval->low};
  }
  check.p = check.against->p_permutation;
  return check;
}

void decide(GateCheck& check, const GateOptions& options) {
  const MeanDifference& against = *check.against;
  if (options.margin)
    check.passed = check.p && *check.p <= options.alpha;
  else
    check.passed = check.p ? *check.p > options.alpha : against.difference >= 0;
  const std::string clips = against.is_paired
                                ? fmt::format("{} paired clips", against.first_clips)
                                : fmt::format("{} and {} clips", against.first_clips, against.second_clips);
  check.what = fmt::format("{} {:+.2f}{} against the baseline{}, {}{}", check.axis, against.difference,
                           interval_text(against.interval, "+"),
                           options.margin ? fmt::format(" (margin {:g})", *options.margin) : "",
                           check.p ? fmt::format("p = {:.3f}, ", *check.p) : "", clips);
}

}  // namespace

void GateOptions::validate() const {
  if (!(alpha > 0 && alpha < 0.5))
    throw InvalidInput(fmt::format("alpha: expected a number between 0 and 0.5, got {}", alpha));
  if (margin && !(*margin >= 0 && std::isfinite(*margin)))
    throw InvalidInput(fmt::format("margin: expected 0 or more, got {}", *margin));
}

GateCheck check_minimum(const std::string& axis, const ScoreSet& scores, double minimum,
                        const GateOptions& options) {
  options.validate();
  if (!std::isfinite(minimum))
    throw InvalidInput(fmt::format("minimum of {}: expected a number, got {}", axis, minimum));
  GateCheck check;
  check.axis = axis;
  check.minimum = minimum;
  check.mean_interval = interval_of_mean(scores, options);
  check.mean = mean_of(scores.scores);
  check.passed =
      options.sure ? check.mean_interval && check.mean_interval->low >= minimum : check.mean >= minimum;
  check.what = fmt::format("{} {:.2f}{} {} {:g}{}, {} clips", axis, check.mean,
                           interval_text(check.mean_interval, " "),
                           check.passed ? ">=" : (check.mean >= minimum ? "not surely >=" : "<"), minimum,
                           options.sure && check.passed ? " surely" : "", scores.scores.size());
  return check;
}

std::vector<GateCheck> check_not_worse(const std::vector<GatePair>& pairs, const GateOptions& options) {
  options.validate();
  std::vector<GateCheck> checks;
  std::vector<std::optional<double>> p_values;
  for (const GatePair& pair : pairs) {
    checks.push_back(compared(pair, options));
    p_values.push_back(checks.back().p);
  }
  const auto adjusted = holm_adjusted(p_values);
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (!options.margin) checks[i].p = adjusted[i];
    decide(checks[i], options);
  }
  return checks;
}

}  // namespace qamro::evaluation
