#include "qamro/evaluation/predictor_verdicts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "qamro/core/error.h"
#include "qamro/evaluation/verdict_text.h"
#include "qamro/statistics/numbers.h"
#include "qamro/statistics/power.h"
#include "qamro/statistics/significance.h"

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

const char* unit_words(statistics::ResamplingUnit unit, bool system_level) {
  if (unit == statistics::ResamplingUnit::kGroups) return "groups";
  const bool draws_systems =
      unit == statistics::ResamplingUnit::kSystems || unit == statistics::ResamplingUnit::kSystemsAndClips;
  return system_level || draws_systems ? "systems" : "clips";
}

// Whom a verdict speaks of: what the permutation swaps.
std::string population_words(const std::string& unit, bool has_systems) {
  if (unit == "systems") return "for new systems of this kind";
  if (unit == "groups") return "for new groups of clips";
  return has_systems ? "for new clips of these systems" : "for new clips like these";
}

std::optional<UnitsToSettle> units_to_settle(const PredictorLevel& level, const EvaluationOptions& how,
                                             const VerdictOptions& options, std::size_t axes) {
  const ComparedPredictors& compared = level.metrics[options.metric];
  if (!compared.error || !compared.interval || *compared.difference == 0 || level.units < 3)
    return std::nullopt;
  const statistics::MeanPowerOptions power{
      .alpha = (1 - how.bootstrap.confidence) / static_cast<double>(axes), .power = options.power};
  const double far = std::max(std::abs(compared.interval->low), std::abs(compared.interval->high));
  const auto enough = [&](double difference) {
    return statistics::units_to_settle(difference, *compared.error, level.units, power);
  };
  return UnitsToSettle{unit_words(how.unit, false), level.units, enough(*compared.difference), enough(far)};
}

// Sets the amounts of units and raters, and says them in words.
std::string add_power(const PredictorLevel& level, const AxisPoints& points, const EvaluationOptions& how,
                      const VerdictOptions& options, std::size_t axes, PredictorVerdict& verdict) {
  verdict.units = units_to_settle(level, how, options, axes);
  std::string text;
  if (verdict.units)
    text = fmt::format(
        "about {} {} would settle a difference as large as this one, {} one as large as its interval allows",
        verdict.units->enough, verdict.units->unit, verdict.units->at_interval);
  if (points.raters.empty() || points.points.label.size() < 3) return text;
  const statistics::PowerOptions power{.alpha = 1 - how.bootstrap.confidence,
                                       .power = options.power,
                                       .max_size = 200,
                                       .seed = how.bootstrap.seed,
                                       .threads = how.bootstrap.threads};
  verdict.raters = statistics::raters_to_settle(points.points, points.raters, options.metric, power);
  if (!verdict.raters->enough) return text;
  return fmt::format("{}{}about {} raters per clip would", text, text.empty() ? "" : "; ",
                     *verdict.raters->enough);
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

// What a verdict is of: "mos utterance".
struct VerdictPlace {
  std::string where;
  std::string unit;  // see unit_words()
  bool has_systems = false;
  std::size_t axes = 1;  // that share the error of chance
};

// Why so few units decide nothing; empty if they can.
std::string cannot_decide(const VerdictPlace& place, std::size_t units, double confidence) {
  const statistics::MeanPowerOptions options{.alpha = (1 - confidence) / static_cast<double>(place.axes)};
  const std::size_t fewest = statistics::fewest_clips(true, options);
  if (units >= fewest) return "";
  return fmt::format("{} {} cannot reach {}{}: it takes {}", units, place.unit, p_words(1 - confidence),
                     place.axes > 1 ? fmt::format(" on one of {} axes", place.axes) : "", fewest);
}

std::string verdict_text(const PredictorResults& results, metrics::Metric metric, const VerdictPlace& place,
                         const PredictorLevel& level, std::optional<double> p) {
  const ComparedPredictors& compared = level.metrics[metric];
  if (!compared.difference || !p)
    return fmt::format("{}: no verdict: {}", place.where,
                       compared.first.reason.empty() ? compared.second.reason : compared.first.reason);
  const std::string numbers =
      fmt::format("{} {:.3f} and {:.3f}", name_of(metric), *compared.first.value, *compared.second.value);
  const double confidence = results.how.bootstrap.confidence;
  if (const std::string why = cannot_decide(place, level.units, confidence); !why.empty())
    return fmt::format("{}: no verdict: {} ({})", place.where, why, numbers);
  const std::string whom = population_words(place.unit, place.has_systems);
  if (*p > 1 - confidence)
    return fmt::format("{}: {}, no difference can be shown: {}, {}", place.where, whom, numbers, p_words(*p));
  const bool first_is_better = (*compared.difference > 0) == metrics::higher_is_better(metric);
  return fmt::format("{}: {}, {} is better: {}, {}", place.where, whom,
                     first_is_better ? results.names.first : results.names.second, numbers, p_words(*p));
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
    const bool has_systems = !first.systems.empty();
    const std::size_t axes = results.comparison.size();
    verdict.utterance = verdict_text(
        results, options.metric, {axis.axis + " utterance", unit_words(how.unit, false), has_systems, axes},
        *axis.utterance, utterance[i]);
    const std::string needed =
        add_power(*axis.utterance, points_of(first, second, i), how, options, axes, verdict);
    if (utterance[i] && *utterance[i] > 1 - how.bootstrap.confidence) verdict.more_data = needed;
    if (axis.system)
      verdict.system =
          verdict_text(results, options.metric, {axis.axis + " system", "systems", has_systems, axes},
                       *axis.system, system[i]);
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
