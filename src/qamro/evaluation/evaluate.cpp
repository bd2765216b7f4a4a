#include "qamro/evaluation/evaluate.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/evaluation/axis_sample.h"
#include "qamro/metrics/correlation.h"

namespace qamro::evaluation {
namespace {

using Counts = std::vector<std::uint32_t>;
using FourMetrics = std::array<metrics::MetricValue, 4>;

FourMetrics four_metrics(const Pairs& pairs) {
  return {metrics::mse(pairs.prediction, pairs.label), metrics::lcc(pairs.prediction, pairs.label),
          metrics::srcc(pairs.prediction, pairs.label), metrics::ktau(pairs.prediction, pairs.label)};
}

// Clips as often as the unit they belong to was drawn.
Counts spread(const std::vector<std::uint32_t>& unit_of_clip, const Counts& unit_counts) {
  Counts counts(unit_of_clip.size());
  for (std::size_t clip = 0; clip < counts.size(); ++clip) counts[clip] = unit_counts[unit_of_clip[clip]];
  return counts;
}

Counts draw_within_systems(const std::vector<std::vector<std::uint32_t>>& clips_of_system, std::size_t clips,
                           Random& random) {
  Counts counts(clips);
  for (const auto& members : clips_of_system)
    for (std::size_t i = 0; i < members.size(); ++i) ++counts[members[random.below(members.size())]];
  return counts;
}

Pairs resampled_clips(const AxisSample& sample, ResamplingUnit unit, Random& random) {
  switch (unit) {
    case ResamplingUnit::kSystems:
      return clip_pairs(sample, spread(sample.system, draw_counts(sample.system_names.size(), random)));
    case ResamplingUnit::kGroups:
      return clip_pairs(sample, spread(sample.group, draw_counts(sample.groups, random)));
    case ResamplingUnit::kPoints:
    case ResamplingUnit::kClips:
      break;
  }
  return clip_pairs(sample, draw_counts(sample.clips(), random));
}

class SystemResampler {
 public:
  SystemResampler(const AxisSample& sample, const EvaluationOptions& options)
      : sample_(sample),
        options_(options),
        once_(sample.clips(), 1),
        clips_of_system_(sample.system_names.size()) {
    for (std::size_t clip = 0; clip < sample.clips(); ++clip)
      clips_of_system_[sample.system[clip]].push_back(static_cast<std::uint32_t>(clip));
  }

  Pairs all() const { return pairs(once_); }

  Pairs draw(Random& random) const {
    switch (options_.unit) {
      case ResamplingUnit::kClips:
        return pairs(draw_within_systems(clips_of_system_, sample_.clips(), random));
      case ResamplingUnit::kGroups:
        return pairs(spread(sample_.group, draw_counts(sample_.groups, random)));
      case ResamplingUnit::kPoints:
      case ResamplingUnit::kSystems:
        break;
    }
    return system_pairs(sample_, once_, draw_counts(clips_of_system_.size(), random), options_.decimals);
  }

 private:
  Pairs pairs(const Counts& clip_counts) const {
    return system_pairs(sample_, clip_counts, Counts(clips_of_system_.size(), 1), options_.decimals);
  }

  const AxisSample& sample_;
  const EvaluationOptions& options_;
  Counts once_;
  std::vector<std::vector<std::uint32_t>> clips_of_system_;
};

template <typename Draw>
LevelMetrics level_metrics(const Pairs& pairs, std::string_view purpose, const BootstrapOptions& options,
                           Draw draw) {
  FourMetrics values = four_metrics(pairs);
  std::vector<BootstrapInterval> intervals(values.size());
  if (options.resamples > 0 && pairs.label.size() > 1)
    intervals = bootstrap(values.size(), purpose, options, [&](Random& random, std::span<double> statistics) {
      const FourMetrics drawn = four_metrics(draw(random));
      for (std::size_t m = 0; m < drawn.size(); ++m)
        statistics[m] = drawn[m].value.value_or(std::numeric_limits<double>::quiet_NaN());
    });
  for (std::size_t m = 0; m < values.size(); ++m)
    if (!values[m].value) intervals[m].interval.reset();
  const auto estimate = [&](std::size_t m) { return MetricEstimate{std::move(values[m]), intervals[m]}; };
  return {pairs.label.size(), estimate(0), estimate(1), estimate(2), estimate(3)};
}

void check_options(const JoinedScores& scores, const EvaluationOptions& options) {
  options.bootstrap.validate();
  const bool needs_systems = options.system_level || options.unit == ResamplingUnit::kSystems;
  if (needs_systems && scores.systems.empty() && scores.clips() > 0)
    throw InvalidInput("evaluate: expected a system for every clip (system level), got none");
  if (options.unit == ResamplingUnit::kGroups && scores.groups.empty() && scores.clips() > 0)
    throw InvalidInput("evaluate: expected a group for every clip (resampling by group), got none");
  if (!options.system_truth) return;
  if (options.system_truth->values.size() != scores.axes.size())
    throw InvalidInput(fmt::format("system truth: expected {} axes, got {}", scores.axes.size(),
                                   options.system_truth->values.size()));
  for (const auto& column : options.system_truth->values)
    if (column.size() != options.system_truth->systems.size())
      throw InvalidInput(fmt::format("system truth: expected {} values an axis, got {}",
                                     options.system_truth->systems.size(), column.size()));
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
    throw InvalidInput(fmt::format("{}s: expected one a clip ({}), got {}", kind, clips, names.size()));
  for (std::size_t i = 0; i < clips; ++i)
    if (names[i].empty())
      throw InvalidInput(fmt::format("{}: expected a name, got none at clip {}", kind, i));
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
  check_names("system", systems, clips());
  check_names("group", groups, clips());
}

Evaluation evaluate(const JoinedScores& scores, const EvaluationOptions& options) {
  scores.validate();
  check_options(scores, options);
  Evaluation result{{}, options.bootstrap, options.unit};
  for (std::size_t axis = 0; axis < scores.axes.size(); ++axis) {
    const AxisSample sample =
        axis_sample(scores, axis, options.system_level ? options.system_truth : std::nullopt);
    AxisEvaluation evaluation{sample.axis, std::nullopt, std::nullopt};
    if (options.utterance_level)
      evaluation.utterance =
          level_metrics({sample.prediction, sample.label}, "evaluate/utterance", options.bootstrap,
                        [&](Random& random) { return resampled_clips(sample, options.unit, random); });
    if (options.system_level) {
      const SystemResampler resampler(sample, options);
      evaluation.system = level_metrics(resampler.all(), "evaluate/system", options.bootstrap,
                                        [&](Random& random) { return resampler.draw(random); });
    }
    result.axes.push_back(std::move(evaluation));
  }
  return result;
}

}  // namespace qamro::evaluation
