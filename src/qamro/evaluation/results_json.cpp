#include "qamro/evaluation/results_json.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "qamro/evaluation/json_numbers.h"
#include "qamro/evaluation/json_report.h"
#include "qamro/evaluation/resampling_choice.h"

namespace qamro::evaluation {
namespace {

using Json = nlohmann::ordered_json;

Json numbers_json(const FourNumbers& numbers) {
  Json json;
  for (std::size_t m = 0; m < numbers.size(); ++m) json[kMetricNames[m]] = optional_json(numbers[m]);
  return json;
}

Json summaries_json(const FourSummaries& summaries) {
  Json json;
  for (std::size_t m = 0; m < summaries.size(); ++m)
    json[kMetricNames[m]] = {{"mean", optional_json(summaries[m].mean)},
                             {"sd", optional_json(summaries[m].sd)}};
  return json;
}

Json split_json(const SplitHalf& split) {
  return {{"halves", summaries_json(split.halves)},
          {"panels", numbers_json(split.panels)},
          {"ideal", numbers_json(split.ideal)}};
}

Json level_json(const LevelCeiling& level) {
  Json json = {{"n", level.n},
               {"ideal", summaries_json(level.ideal)},
               {"single_rater", summaries_json(level.single_rater)},
               {"split_each_clip", split_json(level.split_each_clip)}};
  if (level.split_columns) json["split_columns"] = split_json(*level.split_columns);
  return json;
}

Json estimate_json(const SystemEstimate& estimate) {
  return {{"mean", estimate.mean},
          {"mean_ci", interval_json(estimate.mean_interval)},
          {"rank", estimate.rank},
          {"rank_ci", interval_json(estimate.rank_interval)}};
}

Json systems_json(const std::vector<AxisSystems>& axes) {
  Json json = Json::object();
  for (const AxisSystems& axis : axes) {
    Json& list = json[axis.axis] = Json::array();
    for (const EstimatedSystem& system : axis.systems)
      list.push_back({{"system", system.system},
                      {"clips", system.clips},
                      {"label", estimate_json(system.label)},
                      {"prediction", estimate_json(system.prediction)}});
  }
  return json;
}

Json named_json(const std::vector<NamedEvaluation>& evaluations) {
  Json json = Json::object();
  for (const NamedEvaluation& named : evaluations) json[named.name] = evaluation_json(named.evaluation);
  return json;
}

Json left_out_json(const EvaluationResults& results) {
  return {{"labels_without_prediction", results.labels_without_prediction},
          {"predictions_without_label", results.predictions_without_label},
          {"predictions_without_number", results.predictions_without_number},
          {"failed_predictions", results.failed_predictions}};
}

Json bootstrap_json(const Evaluation& evaluation) {
  const auto drawn = [&](bool system_level) {
    return drawn_units(evaluation.unit, evaluation.raters, system_level);
  };
  return {{"resamples", evaluation.bootstrap.resamples},
          {"seed", evaluation.bootstrap.seed},
          {"confidence", evaluation.bootstrap.confidence},
          {"drawn", {{"utterance", drawn(false)}, {"system", drawn(true)}}}};
}

}  // namespace

nlohmann::ordered_json ceiling_json(const NoiseCeiling& ceiling) {
  Json json = {{"clips", ceiling.clips},
               {"left_out", ceiling.left_out},
               {"raters", ceiling.raters},
               {"icc_single", optional_json(ceiling.icc_single)},
               {"icc_panel", optional_json(ceiling.icc_panel)},
               {"column_mean_variance_ratio", optional_json(ceiling.column_mean_variance_ratio)},
               {"reliability_within", ceiling.reliability_within},
               {"reliability_between", ceiling.reliability_between}};
  if (ceiling.utterance) json["utterance"] = level_json(*ceiling.utterance);
  if (ceiling.system) json["system"] = level_json(*ceiling.system);
  return json;
}

nlohmann::ordered_json results_json(const EvaluationResults& results) {
  Json json = results.evaluation ? evaluation_json(*results.evaluation) : Json::object();
  const Evaluation* any = results.evaluation           ? &*results.evaluation
                          : !results.baselines.empty() ? &results.baselines.front().evaluation
                                                       : nullptr;
  if (any != nullptr && any->bootstrap.resamples > 0) json["bootstrap"] = bootstrap_json(*any);
  if (any != nullptr) json["system_truth"] = results.system_truth;
  if (!results.baselines.empty()) json["baselines"] = named_json(results.baselines);
  if (!results.part_column.empty())
    json["parts"] = {{"column", results.part_column}, {"values", named_json(results.parts)}};
  if (!results.systems.empty()) json["systems"] = systems_json(results.systems);
  for (const NoiseCeiling& ceiling : results.ceilings) json["ceilings"][ceiling.axis] = ceiling_json(ceiling);
  if (results.evaluation) json["left_out"] = left_out_json(results);
  return json;
}

}  // namespace qamro::evaluation
