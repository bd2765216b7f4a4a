#include "qamro/evaluation/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/evaluation/evaluation_sample.h"

namespace qamro::evaluation {
namespace {

struct LabelledScores {
  std::vector<double> labels, scores;
};

LabelledScores known_pairs(std::span<const double> labels, std::span<const double> scores) {
  LabelledScores known;
  for (std::size_t i = 0; i < labels.size() && i < scores.size(); ++i) {
    if (std::isnan(labels[i]) || std::isnan(scores[i])) continue;
    known.labels.push_back(labels[i]);
    known.scores.push_back(scores[i]);
  }
  return known;
}

statistics::Interval range_of(const std::vector<double>& values) {
  const auto [low, high] = std::ranges::minmax(values);
  return {low, high};
}

// Mean square of the labels' distance from the scores, or from their own mean.
double mean_square(const LabelledScores& pairs, bool from_scores) {
  double mean = 0, sum = 0;
  const auto n = static_cast<double>(pairs.labels.size());
  for (const double label : pairs.labels) mean += label / n;
  for (std::size_t i = 0; i < pairs.labels.size(); ++i) {
    const double distance = pairs.labels[i] - (from_scores ? pairs.scores[i] : mean);
    sum += distance * distance / n;
  }
  return sum;
}

}  // namespace

std::optional<ScaleMismatch> find_scale_mismatch(std::span<const double> labels,
                                                 std::span<const double> scores) {
  const LabelledScores pairs = known_pairs(labels, scores);
  if (pairs.labels.size() < 3) return std::nullopt;
  const ScaleMismatch found{range_of(pairs.labels), range_of(pairs.scores)};
  if (found.labels.low == found.labels.high) return std::nullopt;
  const double shared =
      std::min(found.labels.high, found.scores.high) - std::max(found.labels.low, found.scores.low);
  const double wider = std::max(found.labels.high - found.labels.low, found.scores.high - found.scores.low);
  if (shared >= 0.5 * wider) return std::nullopt;
  if (mean_square(pairs, true) <= 2.0 * mean_square(pairs, false)) return std::nullopt;
  return found;
}

std::string describe(const ScaleMismatch& mismatch) {
  return fmt::format(
      "labels lie between {:.3g} and {:.3g}, scores between {:.3g} and {:.3g}: if their scales differ, the MSE compares nothing; correlations do not depend on the scale",
      mismatch.labels.low, mismatch.labels.high, mismatch.scores.low, mismatch.scores.high);
}

namespace {

statistics::BootstrapInterval interval_of(metrics::Metric metric, double estimate,
                                          std::span<const double> values, std::size_t units,
                                          const EvaluationOptions& options) {
  const double confidence = options.bootstrap.confidence;
  if (options.interval == statistics::IntervalMethod::kPercentile)
    return statistics::percentile_interval(values, confidence);
  return statistics::stabilised_interval(values, estimate, statistics::scale_of(metric), units, confidence);
}

// The metrics of every axis at one level.
std::vector<LevelMetrics> level_metrics(const EvaluationSample& sample, bool system_level,
                                        const EvaluationOptions& options) {
  const std::size_t axes = sample.axes().size();
  std::vector<LevelMetrics> levels(axes);
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const statistics::Pairs pairs = sample.points(axis, system_level);
    auto values = metrics::all_metrics(pairs.prediction, pairs.label);
    levels[axis].n = pairs.label.size();
    for (const metrics::Metric metric : metrics::kMetrics)
      levels[axis][metric].metric = std::move(values[metric]);
  }
  if (options.bootstrap.resamples == 0) return levels;
  const statistics::ResamplingScheme scheme =
      system_level ? statistics::system_scheme(options.unit, options.raters)
                   : statistics::utterance_scheme(options.unit, options.raters);
  const ResampledMetrics resampled = sample.resample_metrics(
      scheme, system_level ? "evaluate/system" : "evaluate/utterance", options.bootstrap, system_level);
  for (std::size_t axis = 0; axis < axes; ++axis)
    for (const metrics::Metric metric : metrics::kMetrics) {
      MetricEstimate& estimate = levels[axis][metric];
      if (!estimate.metric.value || levels[axis].n < 2) continue;
      estimate.bootstrap = interval_of(metric, *estimate.metric.value, resampled.column(axis, metric),
                                       sample.units(axis, options.unit, system_level), options);
    }
  return levels;
}

void check_column(const char* name, const std::string& axis, const std::vector<double>& column,
                  std::size_t clips) {
  if (column.size() != clips)
    throw InvalidInput(fmt::format("{} of {}: expected {} clips, got {}", name, axis, clips, column.size()));
  for (std::size_t i = 0; i < clips; ++i)
    if (std::isinf(column[i]))
      throw InvalidInput(
          fmt::format("{} of {}: expected finite numbers, got {} at clip {}", name, axis, column[i], i));
}

void check_names(const char* kind, const std::vector<std::string>& names, std::size_t clips) {
  if (names.empty()) return;
  if (names.size() != clips)
    throw InvalidInput(fmt::format("{}s: expected one per clip ({}), got {}", kind, clips, names.size()));
  for (std::size_t i = 0; i < clips; ++i)
    if (names[i].empty())
      throw InvalidInput(fmt::format("{}: expected a name, got none at clip {}", kind, i));
}

void check_raters(const JoinedScores& scores) {
  if (scores.raters.empty()) return;
  if (scores.raters.size() != scores.axes.size())
    throw InvalidInput(
        fmt::format("raters: expected those of {} axes, got {}", scores.axes.size(), scores.raters.size()));
  for (const auto& axis : scores.raters) {
    if (axis.size() != scores.clips())
      throw InvalidInput(
          fmt::format("raters: expected those of {} clips, got {}", scores.clips(), axis.size()));
    for (const auto& clip : axis)
      for (const double rating : clip)
        if (std::isinf(rating)) throw InvalidInput("raters: expected finite numbers, got an infinite one");
  }
}

}  // namespace

void JoinedScores::validate() const {
  if (labels.size() != axes.size() || predictions.size() != axes.size())
    throw InvalidInput(fmt::format("evaluate: expected labels and predictions of {} axes, got {} and {}",
                                   axes.size(), labels.size(), predictions.size()));
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    check_column("labels", axes[axis], labels[axis], clips());
    check_column("predictions", axes[axis], predictions[axis], clips());
  }
  check_raters(*this);
  check_names("system", systems, clips());
  check_names("group", groups, clips());
}

void check_evaluation(const JoinedScores& scores, const EvaluationOptions& options) {
  options.bootstrap.validate();
  if (scores.clips() == 0) return;
  const bool needs_systems = options.system_level || options.unit == statistics::ResamplingUnit::kSystems ||
                             options.unit == statistics::ResamplingUnit::kSystemsAndClips;
  if (needs_systems && scores.systems.empty())
    throw InvalidInput("evaluate: expected a system for every clip (system level), got none");
  if (options.unit == statistics::ResamplingUnit::kGroups && scores.groups.empty())
    throw InvalidInput("evaluate: expected a group for every clip (resampling by group), got none");
  if (options.raters && scores.raters.empty())
    throw InvalidInput("evaluate: expected the ratings of single raters (resampling raters), got none");
}

Evaluation evaluate(const JoinedScores& scores, const EvaluationOptions& options) {
  check_evaluation(scores, options);
  const EvaluationSample sample(scores, options.system_level ? options.system_truth : std::nullopt,
                                options.decimals);
  Evaluation result{{}, options.bootstrap, options.unit, options.raters};
  for (std::size_t axis = 0; axis < scores.axes.size(); ++axis)
    result.axes.push_back({scores.axes[axis], std::nullopt, std::nullopt,
                           find_scale_mismatch(scores.labels[axis], scores.predictions[axis])});
  const auto set = [&](bool system_level, std::optional<LevelMetrics> AxisEvaluation::*member) {
    std::vector<LevelMetrics> levels = level_metrics(sample, system_level, options);
    for (std::size_t axis = 0; axis < levels.size(); ++axis)
      result.axes[axis].*member = std::move(levels[axis]);
  };
  if (options.utterance_level) set(false, &AxisEvaluation::utterance);
  if (options.system_level) set(true, &AxisEvaluation::system);
  return result;
}

std::vector<statistics::NoiseCeiling> noise_ceilings(const JoinedScores& scores,
                                                     const statistics::CeilingOptions& options,
                                                     const std::vector<std::string>& strata) {
  options.validate();
  scores.validate();
  if (scores.raters.empty())
    throw InvalidInput("noise ceiling: expected the ratings of single raters, got only their means");
  std::vector<statistics::NoiseCeiling> ceilings;
  for (std::size_t axis = 0; axis < scores.axes.size(); ++axis)
    ceilings.push_back(statistics::noise_ceiling(
        scores.axes[axis], {scores.raters[axis], scores.systems, strata.empty() ? scores.systems : strata},
        options));
  return ceilings;
}

}  // namespace qamro::evaluation
