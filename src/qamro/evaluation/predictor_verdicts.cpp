#include "qamro/evaluation/predictor_verdicts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "qamro/core/error.h"
#include "qamro/statistics/multiple_comparisons.h"
#include "qamro/statistics/numbers.h"

namespace qamro::evaluation {
namespace {

// The clips of one axis that both score, with their raters.
struct AxisPoints {
  statistics::TwoPredictions points;
  std::vector<std::vector<double>> raters;
};

AxisPoints points_of(const JoinedScores& first, const std::vector<std::vector<double>>& second,
                     std::size_t axis) {
  AxisPoints result;
  for (std::size_t clip = 0; clip < first.clips(); ++clip) {
    const double a = first.predictions[axis][clip];
    const double b = second[axis][clip];
    const double label = first.labels[axis][clip];
    if (std::isnan(a) || std::isnan(b) || std::isnan(label)) continue;
    result.points.first.push_back(a);
    result.points.second.push_back(b);
    result.points.label.push_back(label);
    if (!first.raters.empty()) result.raters.push_back(first.raters[axis][clip]);
  }
  return result;
}

std::string enough_text(const statistics::PowerCurve& curve, const char* what) {
  return curve.enough ? fmt::format("{} {}", *curve.enough, what)
                      : fmt::format("more {} than were tried", what);
}

// Sets the amounts of clips and raters, and says them in words.
std::string add_power(const AxisPoints& points, const EvaluationOptions& how, const VerdictOptions& options,
                      PredictorVerdict& verdict) {
  if (points.points.label.size() < 3) return "";
  statistics::PowerOptions power{.alpha = 1 - how.bootstrap.confidence,
                                 .power = options.power,
                                 .seed = how.bootstrap.seed,
                                 .threads = how.bootstrap.threads};
  verdict.clips = statistics::points_to_settle(points.points, options.metric, power);
  const std::string text = "it would take " + enough_text(*verdict.clips, "clips");
  if (points.raters.empty()) return text;
  power.max_size = 200;
  verdict.raters = statistics::raters_to_settle(points.points, points.raters, options.metric, power);
  return text + ", or " + enough_text(*verdict.raters, "raters per clip");
}

std::vector<std::optional<double>> p_of_axes(const std::vector<PredictorComparison>& comparison,
                                             metrics::Metric metric, bool system_level) {
  std::vector<std::optional<double>> p_values;
  for (const auto& axis : comparison) {
    const auto& level = system_level ? axis.system : axis.utterance;
    p_values.push_back(level ? level->metrics[metric].p_permutation : std::nullopt);
  }
  return statistics::holm_adjusted(p_values);
}

std::string verdict_text(const PredictorResults& results, metrics::Metric metric, const std::string& where,
                         const PredictorLevel& level, std::optional<double> p) {
  const ComparedPredictors& compared = level.metrics[metric];
  if (!compared.difference || !p)
    return fmt::format("{}: no verdict: {}", where,
                       compared.first.reason.empty() ? compared.second.reason : compared.first.reason);
  const bool first_is_better = (*compared.difference > 0) == metrics::higher_is_better(metric);
  const std::string numbers = fmt::format("{} {:.3f} and {:.3f}, p = {:.4f}", name_of(metric),
                                          *compared.first.value, *compared.second.value, *p);
  if (*p > 1 - results.how.bootstrap.confidence)
    return fmt::format("{}: cannot be told apart: {}", where, numbers);
  return fmt::format("{}: {} is better: {}", where,
                     first_is_better ? results.names.first : results.names.second, numbers);
}

// The second predictor's scores of the first one's clips and axes, in their order: [axis][clip]; NaN where it
// has none. Throws InvalidInput if the second lacks an axis.
std::vector<std::vector<double>> aligned_predictions(const JoinedScores& first, const JoinedScores& second,
                                                     const PredictorNames& names) {
  std::unordered_map<std::string, std::size_t> clip_of;
  for (std::size_t clip = 0; clip < second.clips(); ++clip) clip_of.emplace(second.keys[clip], clip);
  std::vector<std::vector<double>> aligned;
  for (const std::string& axis : first.axes) {
    const auto found = std::find(second.axes.begin(), second.axes.end(), axis);
    if (found == second.axes.end())
      throw InvalidInput(fmt::format("{}: expected predictions of '{}', as {} has, got none", names.second,
                                     axis, names.first));
    const auto& theirs = second.predictions[static_cast<std::size_t>(found - second.axes.begin())];
    std::vector<double>& column = aligned.emplace_back();
    for (const std::string& key : first.keys) {
      const auto clip = clip_of.find(key);
      column.push_back(clip == clip_of.end() ? statistics::kUndefined : theirs[clip->second]);
    }
  }
  return aligned;
}

}  // namespace

PredictorResults judge_predictors(const PredictorNames& names, const JoinedScores& first,
                                  const std::vector<std::vector<double>>& second,
                                  const EvaluationOptions& how, const VerdictOptions& options) {
  PredictorResults results{names, how, options.permutations, {}, {}};
  results.comparison = compare_predictors(first, second, how, options.permutations);
  const auto utterance = p_of_axes(results.comparison, options.metric, false);
  const auto system = p_of_axes(results.comparison, options.metric, true);
  for (std::size_t i = 0; i < results.comparison.size(); ++i) {
    const PredictorComparison& axis = results.comparison[i];
    PredictorVerdict& verdict = results.verdicts.emplace_back();
    verdict.axis = axis.axis;
    verdict.utterance =
        verdict_text(results, options.metric, axis.axis + " utterance", *axis.utterance, utterance[i]);
    const std::string needed = add_power(points_of(first, second, i), how, options, verdict);
    if (utterance[i] && *utterance[i] > 1 - how.bootstrap.confidence) verdict.more_data = needed;
    if (axis.system)
      verdict.system = verdict_text(results, options.metric, axis.axis + " system", *axis.system, system[i]);
  }
  return results;
}

PredictorResults judge_tables(const PredictorNames& names, const JoinedTables& first,
                              const JoinedTables& second, const EvaluationChoices& choices,
                              const VerdictOptions& options) {
  const bool has_systems = !first.scores.systems.empty() && first.no_system.empty();
  EvaluationChoices chosen = choices;
  chosen.level = has_systems ? "both" : "utterance";
  const EvaluationOptions how = evaluation_options(chosen, first);
  PredictorResults results = judge_predictors(
      names, first.scores, aligned_predictions(first.scores, second.scores, names), how, options);
  results.seen_by_first = seen_clips(first.scores);
  results.seen_by_second = seen_clips(second.scores);
  return results;
}

}  // namespace qamro::evaluation
