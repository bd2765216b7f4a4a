#include "qamro/evaluation/evaluate_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_set>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/data/column_names.h"
#include "qamro/data/published_name.h"
#include "qamro/data/ratings.h"
#include "qamro/evaluation/joined_tables.h"
#include "qamro/statistics/label_means.h"

namespace qamro::evaluation {
namespace {

std::size_t axis_of(const JoinedScores& train, const std::string& axis) {
  const auto found = std::find_if(train.axes.begin(), train.axes.end(), [&](const std::string& name) {
    return data::short_axis_name(name) == data::short_axis_name(axis);
  });
  if (found == train.axes.end())
    throw InvalidInput(fmt::format("baseline: expected training labels of '{}', got '{}'", axis,
                                   fmt::join(train.axes, "', '")));
  return static_cast<std::size_t>(found - train.axes.begin());
}

std::string identity(const std::string& key) {
  const auto name = data::published_name(key);
  return name && !name->id.empty() ? name->id : key;
}

// A training table that contains evaluated clips would hold the answers.
void check_disjoint(const JoinedScores& scores, const JoinedScores& train) {
  std::unordered_set<std::string> evaluated;
  for (const std::string& key : scores.keys) evaluated.insert(identity(key));
  for (const std::string& key : train.keys)
    if (evaluated.contains(identity(key)))
      throw InvalidInput(fmt::format(
          "baseline: expected training clips other than the evaluated ones, got '{}' in both", key));
}

void check_systems(const JoinedScores& scores, const JoinedScores& train) {
  if (scores.systems.empty() || train.systems.empty())
    throw InvalidInput(
        fmt::format("baseline lookup: expected a system for every clip, got none for the {} ones",
                    scores.systems.empty() ? "evaluated" : "training"));
}

std::vector<double> predictions_of(const JoinedScores& scores, const JoinedScores& train, std::size_t axis,
                                   Baseline baseline) {
  const bool looks_up = baseline == Baseline::kLookup;
  const std::vector<std::string> no_systems(looks_up ? 0 : train.clips());
  const statistics::LabelMeans means(train.labels[axis], looks_up ? train.systems : no_systems);
  std::vector<double> predictions(scores.clips(), means.of_all());
  for (std::size_t clip = 0; looks_up && clip < predictions.size(); ++clip)
    predictions[clip] = means.of_system(scores.systems[clip]);
  return predictions;
}

}  // namespace

JoinedScores baseline_scores(const JoinedScores& scores, const JoinedScores& train, Baseline baseline) {
  if (baseline == Baseline::kLookup) check_systems(scores, train);
  check_disjoint(scores, train);
  JoinedScores result = scores;
  for (std::size_t axis = 0; axis < scores.axes.size(); ++axis)
    result.predictions[axis] = predictions_of(scores, train, axis_of(train, scores.axes[axis]), baseline);
  return result;
}

namespace {

template <typename Value>
std::vector<Value> some(const std::vector<Value>& all, const std::vector<bool>& wanted) {
  std::vector<Value> result;
  for (std::size_t i = 0; i < all.size(); ++i)  // an absent list stays empty
    if (wanted[i]) result.push_back(all[i]);
  return result;
}

bool wants_system_level(const EvaluationChoices& choices, const JoinedTables& tables) {
  if (choices.level == "utterance") return false;
  if (tables.scores.systems.empty()) {
    if (choices.level.empty() && choices.system_truth == "split") return false;
    throw InvalidInput(
        "system level: expected a system for every clip, got none; add a column 'system' or --system");
  }
  if (!tables.no_system.empty())
    throw InvalidInput(fmt::format(
        "{}: expected a system for every clip, got none here and in {} more rows (see --system, or --level utterance)",
        tables.no_system.front(), tables.no_system.size() - 1));
  return true;
}

JoinOptions with_columns(const EvaluationRequest& request) {
  JoinOptions join = request.join;
  join.group_column = statistics::parse_resampling(request.choices.resample).group_column;
  join.part_column = request.part_column;
  return join;
}

bool draws_systems(statistics::ResamplingUnit unit) {
  return unit == statistics::ResamplingUnit::kSystems || unit == statistics::ResamplingUnit::kSystemsAndClips;
}

NamedEvaluation evaluate_baseline(const EvaluationTables& tables, const EvaluationRequest& request,
                                  const std::string& baseline, const JoinedScores& scores,
                                  const EvaluationOptions& options) {
  std::string name = baseline;
  JoinedScores own;
  if (const auto known = value_named<Baseline>(name))
    own = baseline_scores(scores, labels_alone(tables.training_labels(), request.join).scores, *known);
  if (own.axes.empty()) {
    const std::size_t equals = name.find('=');
    const std::string file = equals == std::string::npos ? name : name.substr(equals + 1);
    name = name.substr(0, equals);
    const auto predictions = data::read_ratings(std::filesystem::path(file), request.baseline_files);
    own = join_tables(tables.labels, predictions, with_columns(request)).scores;
  }
  if (scores.systems.empty()) own.systems.clear();
  return {name, evaluate(own, options)};
}

std::vector<statistics::NoiseCeiling> ceilings_of_labels(const data::RatingTable& labels,
                                                         const EvaluationRequest& request) {
  JoinOptions join = with_columns(request);
  join.part_column.clear();
  for (const char* column : {"domain", "source"})  // the finer one if it exists
    if (labels.find_text_column(column)) join.part_column = column;
  JoinedTables tables = labels_alone(labels, join);
  JoinedScores& scores = tables.scores;
  if (!tables.no_system.empty()) scores.systems.clear();
  return noise_ceilings(scores,
                        {.rounds = request.ceiling_rounds,
                         .seed = request.choices.bootstrap.seed,
                         .threads = request.choices.bootstrap.threads},
                        scores.systems.empty() ? scores.parts : scores.systems);
}

void list_left_out(const JoinedTables& tables, EvaluationResults& results) {
  results.labels_without_prediction = tables.missing;
  results.predictions_without_label = tables.extra;
  results.predictions_without_number = tables.nan;
  results.failed_predictions = tables.failed;
}

}  // namespace

JoinedScores some_clips(const JoinedScores& scores, const std::vector<bool>& wanted) {
  JoinedScores result;
  result.axes = scores.axes;
  for (const auto& axis : scores.labels) result.labels.push_back(some(axis, wanted));
  for (const auto& axis : scores.predictions) result.predictions.push_back(some(axis, wanted));
  for (const auto& axis : scores.raters) result.raters.push_back(some(axis, wanted));
  result.systems = some(scores.systems, wanted);
  result.groups = some(scores.groups, wanted);
  result.parts = some(scores.parts, wanted);
  result.keys = some(scores.keys, wanted);
  result.in_training = some(scores.in_training, wanted);
  return result;
}

data::SeenClips seen_clips(const JoinedScores& scores) {
  data::SeenClips seen;
  for (std::size_t clip = 0; clip < scores.in_training.size(); ++clip)
    if (std::ranges::any_of(scores.predictions, [&](const auto& axis) { return !std::isnan(axis[clip]); }))
      seen.add(scores.systems.empty() ? "" : scores.systems[clip], scores.in_training[clip]);
  return seen;
}

std::vector<NamedEvaluation> evaluate_parts(const JoinedScores& scores, const EvaluationOptions& options) {
  std::vector<std::string> names;
  for (const std::string& part : scores.parts)
    if (std::find(names.begin(), names.end(), part) == names.end()) names.push_back(part);
  std::vector<NamedEvaluation> parts;
  for (const std::string& name : names) {
    std::vector<bool> wanted;
    for (const std::string& part : scores.parts) wanted.push_back(part == name);
    parts.push_back({name, evaluate(some_clips(scores, wanted), options)});
  }
  return parts;
}

EvaluationOptions evaluation_options(const EvaluationChoices& choices, const JoinedTables& tables) {
  EvaluationOptions options;
  options.utterance_level = choices.level != "system";
  options.system_level = wants_system_level(choices, tables);
  if (options.system_level && choices.system_truth != "split")
    options.system_truth = read_system_truth(choices.system_truth, tables.scores.axes, choices.system_column);
  options.decimals = choices.decimals;
  const statistics::ResamplingChoice drawn = statistics::parse_resampling(choices.resample);
  options.unit = drawn.unit;
  options.raters = drawn.raters;
  options.bootstrap = choices.bootstrap;
  return options;
}

EvaluatedTables evaluate_tables(const EvaluationTables& tables, const EvaluationRequest& request) {
  EvaluatedTables evaluated;
  EvaluationResults& results = evaluated.results;
  JoinedScores& scores = evaluated.tables.scores;
  const bool has_predictions = tables.predictions != nullptr;
  evaluated.tables = has_predictions ? join_tables(tables.labels, *tables.predictions, with_columns(request))
                                     : labels_alone(tables.labels, with_columns(request));
  if (has_predictions || !request.baselines.empty()) {
    const EvaluationOptions& options = evaluated.options =
        evaluation_options(request.choices, evaluated.tables);
    evaluated.lacks_systems =
        !options.system_level && request.choices.level.empty() && scores.systems.empty();
    if (!options.system_level && !draws_systems(options.unit)) scores.systems.clear();
    results.system_truth = request.choices.system_truth;
    if (has_predictions) {
      results.evaluation = evaluate(scores, options);
      results.seen = seen_clips(scores);
      if (options.system_level) results.systems = estimate_systems(scores, options);
      results.part_column = request.part_column;
      results.parts = evaluate_parts(scores, options);
    }
    for (const std::string& baseline : request.baselines)
      results.baselines.push_back(evaluate_baseline(tables, request, baseline, scores, options));
  }
  if (request.ceiling) results.ceilings = ceilings_of_labels(tables.labels, request);
  list_left_out(evaluated.tables, results);
  return evaluated;
}

}  // namespace qamro::evaluation
