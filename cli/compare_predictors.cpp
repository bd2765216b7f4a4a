#include "cli/compare_predictors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/json_file.h"
#include "qamro/core/error.h"
#include "qamro/evaluation/comparison_report.h"
#include "qamro/evaluation/multiple_comparisons.h"
#include "qamro/evaluation/predictor_comparison.h"
#include "qamro/evaluation/resampling_choice.h"
#include "qamro/evaluation/system_truth.h"

namespace qamro::cli {
namespace {

using Json = nlohmann::ordered_json;

std::size_t metric_number(const std::string& name) {
  for (std::size_t m = 0; m < 4; ++m)
    if (name == evaluation::kMetricNames[m]) return m;
  throw InvalidInput(fmt::format("--metric: expected mse, lcc, srcc or ktau, got '{}'", name));
}

// Both files joined to the same labels, in the order of the labels. A clip that a file lacks is
// missing there.
struct JoinedPredictions {
  evaluation::JoinedTables first;
  std::vector<std::vector<double>> second;  // [axis][clip]
};

JoinedPredictions join(const CompareOptions& options, const data::RatingTable& labels) {
  evaluation::JoinOptions how = join_options(options.ratings);
  how.group_column = evaluation::parse_resampling(options.resample).group_column;
  JoinedPredictions joined;
  joined.first = evaluation::join_tables(labels, read_predictions({options.inputs[0]}), how);
  const auto second = evaluation::join_tables(labels, read_predictions({options.inputs[1]}), how);
  warn_left_out("compare", joined.first);
  warn_left_out("compare", second);
  const evaluation::JoinedScores& scores = joined.first.scores;
  std::unordered_map<std::string, std::size_t> clip_of;
  for (std::size_t clip = 0; clip < second.scores.clips(); ++clip)
    clip_of.emplace(second.scores.keys[clip], clip);
  for (const std::string& axis : scores.axes) {
    const auto found = std::find(second.scores.axes.begin(), second.scores.axes.end(), axis);
    if (found == second.scores.axes.end())
      throw InvalidInput(fmt::format("{}: expected predictions of '{}', as {} has, got none",
                                     options.inputs[1], axis, options.inputs[0]));
    const auto& theirs =
        second.scores.predictions[static_cast<std::size_t>(found - second.scores.axes.begin())];
    std::vector<double>& column = joined.second.emplace_back();
    for (const std::string& key : scores.keys) {
      const auto clip = clip_of.find(key);
      column.push_back(clip == clip_of.end() ? std::nan("") : theirs[clip->second]);
    }
  }
  return joined;
}

evaluation::EvaluationOptions comparison_options(const CompareOptions& options,
                                                 const evaluation::JoinedTables& tables) {
  evaluation::EvaluationOptions how;
  how.system_level = !tables.scores.systems.empty() && tables.no_system.empty();
  if (how.system_level && options.system_truth != "split")
    how.system_truth = evaluation::read_system_truth(options.system_truth, tables.scores.axes);
  const auto choice = evaluation::parse_resampling(options.resample);
  how.unit = choice.unit;
  how.raters = choice.raters;
  how.bootstrap = options.bootstrap;
  how.bootstrap.threads = options.audio.threads;
  return how;
}

// The clips of one axis that both files score, with their raters.
struct AxisPoints {
  evaluation::TwoPredictions points;
  std::vector<std::vector<double>> raters;
};

AxisPoints points_of(const JoinedPredictions& joined, std::size_t axis) {
  const evaluation::JoinedScores& scores = joined.first.scores;
  AxisPoints result;
  for (std::size_t clip = 0; clip < scores.clips(); ++clip) {
    const double a = scores.predictions[axis][clip];
    const double b = joined.second[axis][clip];
    const double label = scores.labels[axis][clip];
    if (std::isnan(a) || std::isnan(b) || std::isnan(label)) continue;
    result.points.first.push_back(a);
    result.points.second.push_back(b);
    result.points.label.push_back(label);
    if (!scores.raters.empty()) result.raters.push_back(scores.raters[axis][clip]);
  }
  return result;
}

std::string enough_text(const evaluation::PowerCurve& curve, const char* what) {
  return curve.enough ? fmt::format("{} {}", *curve.enough, what) : fmt::format("more {} than tried", what);
}

// The number of clips or raters that would settle the utterance level, as JSON and in words.
std::string add_power(const CompareOptions& options, const JoinedPredictions& joined, std::size_t axis,
                      Json& json) {
  const AxisPoints points = points_of(joined, axis);
  if (points.points.label.size() < 3) return "";
  const evaluation::PowerOptions how{.alpha = 1 - options.bootstrap.confidence,
                                     .power = options.power,
                                     .seed = options.bootstrap.seed,
                                     .threads = options.audio.threads};
  const std::size_t metric = metric_number(options.metric);
  const auto clips = evaluation::points_to_settle(points.points, metric, how);
  json["clips_to_settle"] = evaluation::power_json(clips);
  std::string text = "by clips it would take " + enough_text(clips, "clips");
  if (points.raters.empty()) return text;
  evaluation::PowerOptions of_raters = how;
  of_raters.most = 200;
  const auto raters = evaluation::raters_to_settle(points.points, points.raters, metric, of_raters);
  json["raters_to_settle"] = evaluation::power_json(raters);
  return text + ", or " + enough_text(raters, "raters a clip");
}

// Holm over the axes of a level, for the permutation test if there is one.
std::vector<std::optional<double>> p_of_axes(const std::vector<evaluation::PredictorComparison>& comparison,
                                             std::size_t metric, bool system_level) {
  std::vector<std::optional<double>> p_values;
  for (const auto& axis : comparison) {
    const auto& level = system_level ? axis.system : axis.utterance;
    p_values.push_back(level ? level->metrics[metric].p_permutation : std::nullopt);
  }
  return evaluation::holm_adjusted(p_values);
}

std::string verdict(const CompareOptions& options, const evaluation::PredictorComparison& axis,
                    const char* level_name, const evaluation::PredictorLevel& level,
                    std::optional<double> p) {
  const std::size_t m = metric_number(options.metric);
  const evaluation::ComparedPredictors& metric = level.metrics[m];
  if (!metric.difference || !p)
    return fmt::format("{} {}: no verdict: {}", axis.axis, level_name,
                       metric.first.reason.empty() ? metric.second.reason : metric.first.reason);
  const bool first_is_better = (*metric.difference > 0) == (m != 0);  // a smaller MSE is better
  const std::string numbers = fmt::format("{} {:.3f} and {:.3f}, p = {:.4f}", options.metric,
                                          *metric.first.value, *metric.second.value, *p);
  if (*p > 1 - options.bootstrap.confidence)
    return fmt::format("{} {}: cannot be told apart: {}", axis.axis, level_name, numbers);
  return fmt::format("{} {}: {} is better: {}", axis.axis, level_name,
                     options.inputs[first_is_better ? 0 : 1], numbers);
}

void print_verdicts(const CompareOptions& options, const JoinedPredictions& joined,
                    const std::vector<evaluation::PredictorComparison>& comparison, Json& json) {
  const std::size_t metric = metric_number(options.metric);
  const auto utterance = p_of_axes(comparison, metric, false);
  const auto system = p_of_axes(comparison, metric, true);
  for (std::size_t axis = 0; axis < comparison.size(); ++axis) {
    Json& of_axis = json["axes"][comparison[axis].axis];
    std::string text =
        verdict(options, comparison[axis], "utterance", *comparison[axis].utterance, utterance[axis]);
    of_axis["utterance"]["verdict"] = text;
    const std::string power = add_power(options, joined, axis, of_axis["utterance"]);
    if (utterance[axis] && *utterance[axis] > 1 - options.bootstrap.confidence && !power.empty())
      text += "; " + power;
    std::cout << text << '\n';
    if (!comparison[axis].system) continue;
    text = verdict(options, comparison[axis], "system", *comparison[axis].system, system[axis]);
    of_axis["system"]["verdict"] = text;
    std::cout << text << '\n';
  }
}

}  // namespace

int run_predictors(const CompareOptions& options) {
  if (options.inputs.size() != 2)
    throw InvalidInput(
        fmt::format("--labels: expected two files of predictions to compare, got {}", options.inputs.size()));
  const data::RatingTable labels = read_labels(options.ratings);
  const JoinedPredictions joined = join(options, labels);
  const auto how = comparison_options(options, joined.first);
  const auto comparison =
      evaluation::compare_predictors(joined.first.scores, joined.second, how, options.permutations);
  Json json = {{"first", options.inputs[0]}, {"second", options.inputs[1]}};
  json["axes"] = evaluation::predictors_json(comparison);
  print_verdicts(options, joined, comparison, json);
  std::cout << '\n'
            << fmt::format("A: {}\nB: {}\n", options.inputs[0], options.inputs[1])
            << evaluation::render_predictors(comparison, options.bootstrap.confidence)
            << fmt::format("[ ] {} paired resamples of {}; p perm: {} paired permutations\n",
                           options.bootstrap.resamples, evaluation::drawn_units(how.unit, how.raters, false),
                           options.permutations)
            << std::flush;
  if (!options.json.empty()) write_json(options.json, json);
  return joined.first.failed > 0 ? ExitCode::kSomeInputsFailed : ExitCode::kAllDone;
}

}  // namespace qamro::cli
