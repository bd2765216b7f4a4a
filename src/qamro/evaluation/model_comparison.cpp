#include "qamro/evaluation/model_comparison.h"

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/evaluation/evaluate.h"
#include "qamro/evaluation/predictor_comparison.h"
#include "qamro/statistics/numbers.h"

namespace qamro::evaluation {
namespace {

// The models as the axes of a joined table, with the clips that all of them score.
JoinedScores as_axes(const ComparisonData& data) {
  JoinedScores scores;
  scores.axes = data.models;
  scores.predictions = data.predictions;
  scores.systems = data.systems;
  scores.groups = data.groups;
  std::vector<double> label = data.label;
  for (const auto& predictions : data.predictions)
    for (std::size_t clip = 0; clip < label.size() && clip < predictions.size(); ++clip)
      if (std::isnan(predictions[clip])) label[clip] = statistics::kUndefined;
  scores.labels.assign(data.models.size(), label);
  return scores;
}

EvaluationOptions options_for(const ComparisonData& data, const statistics::BootstrapOptions& bootstrap) {
  EvaluationOptions options;
  options.system_level = !data.systems.empty();
  options.unit =
      data.groups.empty() ? statistics::ResamplingUnit::kClips : statistics::ResamplingUnit::kGroups;
  options.bootstrap = bootstrap;
  return options;
}

// Of the labelled clips.
std::size_t units_of(const JoinedScores& scores) {
  std::set<std::string> groups;
  std::size_t clips = 0;
  for (std::size_t clip = 0; clip < scores.clips(); ++clip) {
    if (std::isnan(scores.labels.front()[clip])) continue;
    ++clips;
    if (!scores.groups.empty()) groups.insert(scores.groups[clip]);
  }
  return scores.groups.empty() ? clips : groups.size();
}

ComparedLevel own_level(const LevelMetrics& from, std::size_t units) {
  ComparedLevel level;
  level.n = from.n;
  level.units = units;
  for (const metrics::Metric m : metrics::kMetrics) {
    level.metrics[m].metric = from[m].metric;
    level.metrics[m].bootstrap = from[m].bootstrap;
  }
  return level;
}

void add_differences(const PredictorLevel& from, ComparedLevel& level) {
  for (const metrics::Metric m : metrics::kMetrics) {
    level.metrics[m].difference = from.metrics[m].difference;
    level.metrics[m].difference_interval = from.metrics[m].interval;
    level.metrics[m].difference_p = from.metrics[m].p_permutation;
  }
}

JoinedScores without_axis(JoinedScores scores, std::size_t axis) {
  const auto at = static_cast<std::ptrdiff_t>(axis);
  scores.axes.erase(scores.axes.begin() + at);
  scores.labels.erase(scores.labels.begin() + at);
  scores.predictions.erase(scores.predictions.begin() + at);
  return scores;
}

}  // namespace

std::vector<ComparedModel> compare_models(const ComparisonData& data, std::size_t reference,
                                          const statistics::BootstrapOptions& bootstrap,
                                          std::int64_t permutations) {
  bootstrap.validate();
  if (reference >= data.models.size())
    throw InvalidInput(
        fmt::format("model comparison: expected a reference below the number of models ({}), got {}",
                    data.models.size(), reference));
  const JoinedScores scores = as_axes(data);
  const EvaluationOptions options = options_for(data, bootstrap);
  const Evaluation own = evaluate(scores, options);
  std::vector<ComparedModel> result;
  for (const AxisEvaluation& axis : own.axes) {
    ComparedModel& model = result.emplace_back(ComparedModel{axis.axis, std::nullopt, std::nullopt});
    model.utterance = own_level(*axis.utterance, units_of(scores));
    if (axis.system) model.system = own_level(*axis.system, axis.system->n);
  }
  if (data.models.size() == 1) return result;
  const std::vector<std::vector<double>> references(data.models.size() - 1, data.predictions[reference]);
  const auto differences =
      compare_predictors(without_axis(scores, reference), references, options, permutations);
  for (std::size_t other = 0; other < differences.size(); ++other) {
    ComparedModel& model = result[other < reference ? other : other + 1];
    add_differences(*differences[other].utterance, *model.utterance);
    if (model.system) add_differences(*differences[other].system, *model.system);
  }
  return result;
}

}  // namespace qamro::evaluation
