#include "qamro/evaluation/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "qamro/core/error.h"
#include "qamro/data/rating_cell.h"
#include "qamro/evaluation/verdict_text.h"
#include "qamro/statistics/numbers.h"
#include "qamro/statistics/power.h"
#include "qamro/statistics/significance.h"

namespace qamro::evaluation {
namespace {

statistics::MeanTestOptions test_options(const GateOptions& options) {
  return {.rounds = options.rounds, .seed = options.seed, .confidence = 1 - options.alpha};
}

// Every axis must reach this by itself, as Holm's first step does.
double alpha_of_axis(const GateOptions& options, std::size_t axes) {
  return options.margin ? options.alpha : options.alpha / static_cast<double>(axes);
}

statistics::MeanPowerOptions power_options(const GateOptions& options, std::size_t axes) {
  return {.alpha = alpha_of_axis(options, axes),
          .power = options.power,
          .alternative = statistics::Alternative::kLess};
}

std::string bounds_text(const std::optional<statistics::Interval>& interval) {
  return interval ? fmt::format(" [{:.2f}, {:.2f}]", interval->low, interval->high) : "";
}

void add_mean(GateCheck& check, const statistics::ScoreSet& scores, const GateOptions& options) {
  check.mean = statistics::mean_of(scores.scores);
  check.mean_interval = statistics::mean_interval(scores.scores, 1 - options.alpha);
  if (const auto one_sided = statistics::mean_interval(scores.scores, 1 - 2 * options.alpha))
    check.lower_bound = one_sided->low;
}

GateCheck compared(const GatePair& pair, const GateOptions& options, std::size_t axes) {
  GateCheck check;
  check.axis = pair.axis;
  add_mean(check, pair.candidate, options);
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
  check.noticeable = statistics::noticeable_difference(*check.against, power_options(options, axes));
  return check;
}

// Why the clips at hand can decide nothing; empty if they can.
std::string undecidable(const GateCheck& check, const GateOptions& options, std::size_t axes) {
  const double alpha = alpha_of_axis(options, axes);
  const statistics::MeanDifference& against = *check.against;
  if (check.p && *against.least_p <= alpha) return "";
  const std::size_t fewest = statistics::fewest_clips(against.is_paired, power_options(options, axes));
  const std::string level = options.margin || axes == 1
                                ? fmt::format("p = {:g}", options.alpha)
                                : fmt::format("p = {:g} on one of {} axes", options.alpha, axes);
  if (std::min(against.first_clips, against.second_clips) >= fewest)
    return fmt::format("{} permutations cannot reach {}: it takes {:.0f}", options.rounds, level,
                       std::ceil(1 / alpha));
  return fmt::format("so few clips cannot reach {}: it takes {} {}", level, fewest,
                     against.is_paired ? "paired clips" : "clips on each side");
}

// Why the clips would not notice the drop that they must; empty if they would.
std::string unnoticed(const GatePair& pair, const GateCheck& check, const GateOptions& options,
                      std::size_t axes) {
  if (!options.detect || options.margin || *check.noticeable <= *options.detect) return "";
  const auto needed = statistics::clips_to_notice(pair.candidate, pair.baseline, *options.detect,
                                                  power_options(options, axes));
  return fmt::format("would have noticed only a drop of {:.2f} ({:g} % power): a drop of {:g} takes {}",
                     *check.noticeable, 100 * options.power, *options.detect, clips_needed_words(*needed));
}

std::string passed_note(const GateCheck& check, const GateOptions& options) {
  if (options.margin) return fmt::format("a drop of {:g} or more is ruled out", *options.margin);
  return fmt::format("would have noticed a drop of {:.2f} ({:g} % power)", *check.noticeable,
                     100 * options.power);
}

// Sets the outcome; returns what it rests on.
std::string decide(GateCheck& check, const GatePair& pair, const GateOptions& options, std::size_t axes) {
  if (check.against->is_identical) {
    check.outcome = GateOutcome::kPass;
    return "every clip has the same score as its pair";
  }
  check.outcome = GateOutcome::kUndecided;
  if (std::string why = undecidable(check, options, axes); !why.empty()) return why;
  const bool is_small = *check.p <= options.alpha;
  const bool passes = is_small == options.margin.has_value();
  check.outcome = passes ? GateOutcome::kPass : GateOutcome::kFail;
  if (!passes) return "";
  if (std::string why = unnoticed(pair, check, options, axes); !why.empty()) {
    check.outcome = GateOutcome::kUndecided;
    return why;
  }
  return passed_note(check, options);
}

void describe(GateCheck& check, const std::string& note, const GateOptions& options) {
  const statistics::MeanDifference& against = *check.against;
  check.what = fmt::format("{} {:+.2f}{} against the baseline{}, {}{}{}{}", check.axis, against.difference,
                           interval_words(against.interval),
                           options.margin ? fmt::format(" (margin {:g})", *options.margin) : "",
                           check.p ? "one-sided " + p_words(*check.p) + ", " : "", clips_words(against),
                           note.empty() ? "" : ": ", note);
}

}  // namespace

void GateOptions::validate() const {
  if (!(alpha > 0 && alpha < 0.5))
    throw InvalidInput(fmt::format("alpha: expected a number between 0 and 0.5, got {}", alpha));
  if (margin && !(*margin >= 0 && std::isfinite(*margin)))
    throw InvalidInput(fmt::format("margin: expected 0 or more, got {}", *margin));
  if (detect && !(*detect > 0 && std::isfinite(*detect)))
    throw InvalidInput(fmt::format("drop to detect: expected more than 0, got {}", *detect));
  if (!(power > 0.5 && power < 1))
    throw InvalidInput(fmt::format("power: expected a number between 0.5 and 1, got {}", power));
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
  scores.validate();
  GateCheck check;
  check.axis = axis;
  check.minimum = minimum;
  add_mean(check, scores, options);
  const bool reaches = check.mean >= minimum;
  const std::string counted =
      fmt::format("{} clip{}", scores.scores.size(), scores.scores.size() == 1 ? "" : "s");
  const std::string mean = fmt::format("{} {:.2f}{}", axis, check.mean, bounds_text(check.mean_interval));
  if (!options.sure || !reaches) {
    check.outcome = reaches ? GateOutcome::kPass : GateOutcome::kFail;
    check.what = fmt::format("{} {} {:g}, {}", mean, reaches ? ">=" : "<", minimum, counted);
  } else if (!check.lower_bound) {
    check.outcome = GateOutcome::kUndecided;
    check.what = fmt::format("{} >= {:g}, but one clip cannot make that sure: it takes 2", mean, minimum);
  } else {
    const bool is_sure = *check.lower_bound >= minimum;
    check.outcome = is_sure ? GateOutcome::kPass : GateOutcome::kFail;
    check.what = fmt::format("{} {} {:g} (one-sided bound {:.2f}), {}", mean,
                             is_sure ? "surely >=" : "not surely >=", minimum, *check.lower_bound, counted);
  }
  return check;
}

std::vector<GateCheck> check_not_worse(const std::vector<GatePair>& pairs, const GateOptions& options) {
  options.validate();
  std::vector<GateCheck> checks;
  std::vector<std::optional<double>> p_values;
  for (const GatePair& pair : pairs) {
    checks.push_back(compared(pair, options, pairs.size()));
    p_values.push_back(checks.back().p);
  }
  const auto adjusted = statistics::holm_adjusted(p_values);
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (!options.margin) checks[i].p = adjusted[i];
    describe(checks[i], decide(checks[i], pairs[i], options, pairs.size()), options);
  }
  return checks;
}

GateOutcome gate_outcome(const std::vector<GateCheck>& checks) {
  const auto any = [&](GateOutcome outcome) {
    return std::any_of(checks.begin(), checks.end(),
                       [&](const GateCheck& check) { return check.outcome == outcome; });
  };
  if (any(GateOutcome::kFail)) return GateOutcome::kFail;
  return any(GateOutcome::kUndecided) ? GateOutcome::kUndecided : GateOutcome::kPass;
}

std::string gate_verdict(const std::vector<GateCheck>& checks) {
  std::string text(name_of(gate_outcome(checks)));
  std::string separator = "  ";
  for (const GateOutcome outcome : {GateOutcome::kFail, GateOutcome::kUndecided, GateOutcome::kPass})
    for (const GateCheck& check : checks) {
      if (check.outcome != outcome) continue;
      text += separator + check.what;
      separator = "; ";
    }
  return text;
}

}  // namespace qamro::evaluation
