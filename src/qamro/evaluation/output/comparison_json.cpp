#include "qamro/evaluation/output/comparison_json.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "qamro/evaluation/output/json_numbers.h"

namespace qamro::evaluation {
namespace {

using Json = nlohmann::ordered_json;
using metrics::Metric;

Json metric_json(const ComparedPredictors& metric) {
  Json json = {{"first", optional_json(metric.first.value)},
               {"second", optional_json(metric.second.value)},
               {"difference", optional_json(metric.difference)},
               {"difference_ci", interval_json(metric.interval)},
               {"p_bootstrap", optional_json(metric.p_bootstrap)},
               {"p_permutation", optional_json(metric.p_permutation)}};
  const std::string& reason = metric.first.value ? metric.second.reason : metric.first.reason;
  if (!reason.empty()) json["reason"] = reason;
  return json;
}

Json level_json(const PredictorLevel& level) {
  Json json = {{"n", level.n}};
  for (const Metric metric : metrics::kMetrics) json[name_of(metric)] = metric_json(level.metrics[metric]);
  return json;
}

Json check_json(const GateCheck& check) {
  Json json = {{"passed", check.outcome == GateOutcome::kPass},
               {"outcome", name_of(check.outcome)},
               {"what", check.what}};
  if (check.axis.empty()) return json;
  json["axis"] = check.axis;
  json["mean"] = check.mean;
  json["mean_ci"] = interval_json(check.mean_interval);
  json["lower_bound"] = optional_json(check.lower_bound);
  if (check.minimum) json["minimum"] = *check.minimum;
  if (check.against) {
    json["difference"] = check.against->difference;
    json["difference_ci"] = interval_json(check.against->interval);
    json["paired"] = check.against->is_paired;
    json["p"] = optional_json(check.p);
    json["noticeable_drop"] = optional_json(check.noticeable);
  }
  return json;
}

// {"<axis>": {"utterance": level_json(), "system": level_json()}}
Json predictors_json(const std::vector<PredictorComparison>& comparison) {
  Json json = Json::object();
  for (const PredictorComparison& axis : comparison) {
    Json& of_axis = json[axis.axis] = Json::object();
    if (axis.utterance) of_axis["utterance"] = level_json(*axis.utterance);
    if (axis.system) of_axis["system"] = level_json(*axis.system);
  }
  return json;
}

Json power_json(const statistics::PowerCurve& curve) {
  Json json = {{"enough", curve.enough ? Json(*curve.enough) : Json(nullptr)}, {"tried", Json::array()}};
  for (const statistics::PowerPoint& point : curve.points)
    json["tried"].push_back({{"n", point.n}, {"power", point.power}});
  return json;
}

Json systems_json(const SystemComparison& comparison) {
  Json json = {{"test", comparison.test},
               {"confidence", comparison.confidence},
               {"systems", Json::array()},
               {"pairs", Json::array()}};
  for (const RankedSystem& system : comparison.systems)
    json["systems"].push_back({{"system", system.system},
                               {"clips", system.clips},
                               {"mean", system.mean},
                               {"mean_ci", interval_json(system.interval)},
                               {"rank", system.rank},
                               {"groups", system.groups},
                               {"tie", tie_letters(system)}});
  for (const SystemPair& pair : comparison.pairs)
    json["pairs"].push_back({{"better", comparison.systems[pair.better].system},
                             {"worse", comparison.systems[pair.worse].system},
                             {"difference", pair.test.difference},
                             {"difference_ci", interval_json(pair.test.interval)},
                             {"paired", pair.test.is_paired},
                             {"p_permutation", optional_json(pair.test.p_permutation)},
                             {"p_t", optional_json(pair.test.p_t)},
                             {"p_holm", optional_json(pair.p_holm)}});
  return json;
}

}  // namespace

nlohmann::ordered_json predictor_results_json(const PredictorResults& results) {
  Json json = {{"first", results.names.first}, {"second", results.names.second}};
  json["axes"] = predictors_json(results.comparison);
  if (results.seen_by_first.seen + results.seen_by_second.seen > 0)
    json[data::kInTraining] = {{"first", seen_json(results.seen_by_first)},
                               {"second", seen_json(results.seen_by_second)}};
  for (const PredictorVerdict& verdict : results.verdicts) {
    Json& axis = json["axes"][verdict.axis];
    axis["utterance"]["verdict"] = verdict.utterance;
    if (verdict.units)
      axis["utterance"]["units_to_settle"] = {{"unit", verdict.units->unit},
                                              {"units", verdict.units->units},
                                              {"enough", verdict.units->enough},
                                              {"at_interval_end", verdict.units->at_interval}};
    if (verdict.raters) axis["utterance"]["raters_to_settle"] = power_json(*verdict.raters);
    if (!verdict.system.empty()) axis["system"]["verdict"] = verdict.system;
  }
  return json;
}

nlohmann::ordered_json verdict_json(const SystemVerdict& verdict) {
  Json json = systems_json(verdict.comparison);
  json["verdict"] = verdict.text;
  json["has_winner"] = verdict.has_winner;
  json["clips_to_settle"] = nullptr;
  if (verdict.clips)
    json["clips_to_settle"] = {{"difference", verdict.notice.difference},
                               {"power", verdict.notice.power},
                               {"unit", verdict.clips->is_paired ? "paired clips" : "clips of each system"},
                               {"clips", verdict.clips->clips},
                               {"range", {verdict.clips->low, verdict.clips->high}}};
  return json;
}

nlohmann::ordered_json gate_json(const std::vector<GateCheck>& checks, const GateOptions& options) {
  Json json = {{"passed", gate_outcome(checks) == GateOutcome::kPass},
               {"outcome", name_of(gate_outcome(checks))},
               {"verdict", gate_verdict(checks)},
               {"alpha", options.alpha},
               {"power", options.power},
               {"checks", Json::array()}};
  for (const GateCheck& check : checks) json["checks"].push_back(check_json(check));
  return json;
}

}  // namespace qamro::evaluation
