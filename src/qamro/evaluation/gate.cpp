#include "qamro/evaluation/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "qamro/core/error.h"
#include "qamro/data/rating_cell.h"
#include "qamro/statistics/multiple_comparisons.h"
#include "qamro/statistics/numbers.h"

namespace qamro::evaluation {
namespace {

statistics::MeanTestOptions test_options(const GateOptions& options) {
  return {.rounds = options.rounds, .seed = options.seed, .confidence = 1 - 2 * options.alpha};
}

std::string bounds_text(const std::optional<statistics::Interval>& interval, const char* sign) {
  if (!interval) return "";
  return std::string(*sign == '+' ? fmt::format(" [{:+.2f}, {:+.2f}]", interval->low, interval->high)
                                  : fmt::format(" [{:.2f}, {:.2f}]", interval->low, interval->high));
}

// The interval of the mean, computed as its difference from 0.
std::optional<statistics::Interval> interval_of_mean(const statistics::ScoreSet& scores,
                                                     const GateOptions& options) {
  statistics::ScoreSet own{scores.scores, {}};
  for (std::size_t i = 0; i < own.scores.size(); ++i) own.items.push_back(fmt::format("{}", i));
  const statistics::ScoreSet zeros{std::vector<double>(own.scores.size(), 0.0), own.items};
  return statistics::compare_means(own, zeros, test_options(options)).interval;
}

GateCheck compared(const GatePair& pair, const GateOptions& options) {
  GateCheck check;
  check.axis = pair.axis;
  check.mean = statistics::mean_of(pair.candidate.scores);
  check.mean_interval = interval_of_mean(pair.candidate, options);
  statistics::MeanTestOptions test = test_options(options);
  // "Not lower by the margin" holds if candidate + margin is higher than the baseline. The test asks the
  // reverse: whether the baseline is lower than candidate + margin.
  test.alternative = statistics::Alternative::kLess;
  if (!options.margin) {
    check.against = statistics::compare_means(pair.candidate, pair.baseline, test);
  } else {
    test.margin = -*options.margin;
    check.against = statistics::compare_means(pair.baseline, pair.candidate, test);
    statistics::MeanDifference& against = *check.against;
    against.difference = -against.difference;
    std::swap(against.first_clips, against.second_clips);
    if (against.interval)
      against.interval = statistics::Interval{-against.interval->high, -against.interval->low};
  }
  check.p = check.against->p_permutation;
  return check;
}

void decide(GateCheck& check, const GateOptions& options) {
  const statistics::MeanDifference& against = *check.against;
  if (options.margin)
    check.passed = check.p && *check.p <= options.alpha;
  else
    check.passed = check.p ? *check.p > options.alpha : against.difference >= 0;
  const std::string clips = against.is_paired
                                ? fmt::format("{} paired clips", against.first_clips)
                                : fmt::format("{} and {} clips", against.first_clips, against.second_clips);
  check.what = fmt::format("{} {:+.2f}{} against the baseline{}, {}{}", check.axis, against.difference,
                           bounds_text(against.interval, "+"),
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

std::optional<AxisMinimum> parse_minimum(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return std::nullopt;
  const auto minimum = data::parse_number(text.substr(equals + 1));
  return minimum ? std::optional(AxisMinimum{text.substr(0, equals), *minimum}) : std::nullopt;
}

GateCheck check_minimum(const std::string& axis, const statistics::ScoreSet& scores, double minimum,
                        const GateOptions& options) {
  options.validate();
  if (!std::isfinite(minimum))
    throw InvalidInput(fmt::format("minimum of {}: expected a number, got {}", axis, minimum));
  GateCheck check;
  check.axis = axis;
  check.minimum = minimum;
  check.mean_interval = interval_of_mean(scores, options);
  check.mean = statistics::mean_of(scores.scores);
  check.passed =
      options.sure ? check.mean_interval && check.mean_interval->low >= minimum : check.mean >= minimum;
  check.what =
      fmt::format("{} {:.2f}{} {} {:g}{}, {} clips", axis, check.mean, bounds_text(check.mean_interval, " "),
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
  const auto adjusted = statistics::holm_adjusted(p_values);
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (!options.margin) checks[i].p = adjusted[i];
    decide(checks[i], options);
  }
  return checks;
}

bool all_passed(const std::vector<GateCheck>& checks) {
  return std::all_of(checks.begin(), checks.end(), [](const GateCheck& check) { return check.passed; });
}

std::string gate_verdict(const std::vector<GateCheck>& checks) {
  std::string text = all_passed(checks) ? "PASS" : "FAIL";
  std::string separator = "  ";
  for (const bool passed : {false, true})
    for (const GateCheck& check : checks) {
      if (check.passed != passed) continue;
      text += separator + check.what;
      separator = "; ";
    }
  return text;
}

}  // namespace qamro::evaluation
