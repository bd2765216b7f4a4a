#include "qamro/evaluation/output/results_json.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "qamro/core/sha256.h"
#include "qamro/evaluation/output/json_numbers.h"
#include "qamro/statistics/resampling.h"

namespace qamro::evaluation {
namespace {

using Json = nlohmann::ordered_json;
using metrics::Metric;

Json level_json(const LevelMetrics& level, bool with_intervals) {
  Json json = {{"n", level.n}};
  std::string reason;
  for (const Metric metric : metrics::kMetrics) {
    const metrics::MetricValue& estimate = level[metric].metric;
    json[name_of(metric)] = optional_json(estimate.value);
    const std::string& why = estimate.reason;
    if (!why.empty() && reason.find(why) == std::string::npos) reason += (reason.empty() ? "" : "; ") + why;
  }
  if (with_intervals)
    for (const Metric metric : metrics::kMetrics)
      json[std::string(name_of(metric)) + "_ci"] = interval_json(level[metric].bootstrap.interval);
  if (!reason.empty()) json["reason"] = reason;
  return json;
}

Json numbers_json(const statistics::OptionalMetrics& numbers) {
  Json json;
  for (const Metric metric : metrics::kMetrics) json[name_of(metric)] = optional_json(numbers[metric]);
  return json;
}

Json summaries_json(const statistics::MetricSummaries& summaries) {
  Json json;
  for (const Metric metric : metrics::kMetrics)
    json[name_of(metric)] = {{"mean", optional_json(summaries[metric].mean)},
                             {"sd", optional_json(summaries[metric].sd)}};
  return json;
}

Json split_json(const statistics::SplitHalf& split) {
  return {{"halves", summaries_json(split.halves)},
          {"panels", numbers_json(split.panels)},
          {"ideal", numbers_json(split.ideal)}};
}

Json level_ceiling_json(const statistics::LevelCeiling& level) {
  Json json = {{"n", level.n},
               {"ideal", summaries_json(level.ideal)},
               {"single_rater", summaries_json(level.single_rater)},
               {"split_each_clip", split_json(level.split_each_clip)}};
  if (level.split_columns) json["split_columns"] = split_json(*level.split_columns);
  return json;
}

Json ceiling_json(const statistics::NoiseCeiling& ceiling) {
  Json json = {{"clips", ceiling.clips},
               {"left_out", ceiling.left_out},
               {"raters", ceiling.raters},
               {"icc_single", optional_json(ceiling.icc_single)},
               {"icc_panel", optional_json(ceiling.icc_panel)},
               {"column_mean_variance_ratio", optional_json(ceiling.column_mean_variance_ratio)},
               {"reliability_within", ceiling.reliability_within},
               {"reliability_between", ceiling.reliability_between}};
  if (ceiling.utterance) json["utterance"] = level_ceiling_json(*ceiling.utterance);
  if (ceiling.system) json["system"] = level_ceiling_json(*ceiling.system);
  return json;
}

Json estimate_json(const SystemEstimate& estimate) {
  return {{"mean", estimate.mean},
          {"mean_ci", interval_json(estimate.mean_interval)},
          {"rank", estimate.rank},
          {"rank_ci", interval_json(estimate.rank_interval)}};
}

Json estimates_json(const std::vector<AxisSystems>& axes) {
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
    return statistics::drawn_units(evaluation.unit, evaluation.raters, system_level);
  };
  return {{"resamples", evaluation.bootstrap.resamples},
          {"seed", evaluation.bootstrap.seed},
          {"confidence", evaluation.bootstrap.confidence},
          {"drawn", {{"utterance", drawn(false)}, {"system", drawn(true)}}}};
}

// One file as a string, several as a list. A folder has no digest.
void add_files(Json& card, const std::string& name, const std::vector<std::string>& files) {
  std::vector<std::string> digests;
  for (const std::string& file : files)
    if (std::filesystem::is_regular_file(file)) digests.push_back(sha256_file(file));
  card[name] = files.size() == 1 ? Json(files.front()) : Json(files);
  if (digests.size() != files.size()) return;
  card[name + "_sha256"] = digests.size() == 1 ? Json(digests.front()) : Json(digests);
}

}  // namespace

nlohmann::ordered_json evaluation_json(const Evaluation& evaluation) {
  const bool with_intervals = evaluation.bootstrap.resamples > 0;
  Json json = Json::object();
  for (const AxisEvaluation& axis : evaluation.axes) {
    if (axis.utterance) json["utterance"][axis.axis] = level_json(*axis.utterance, with_intervals);
    if (axis.system) json["system"][axis.axis] = level_json(*axis.system, with_intervals);
  }
  for (const AxisEvaluation& axis : evaluation.axes)
    if (const auto& mismatch = axis.scale_mismatch)
      json["scale_mismatch"][axis.axis] = {{"labels", {mismatch->labels.low, mismatch->labels.high}},
                                           {"predictions", {mismatch->scores.low, mismatch->scores.high}},
                                           {"note", describe(*mismatch)}};
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
  if (!results.systems.empty()) json["systems"] = estimates_json(results.systems);
  for (const statistics::NoiseCeiling& ceiling : results.ceilings)
    json["ceilings"][ceiling.axis] = ceiling_json(ceiling);
  if (results.seen.seen > 0) json[data::kInTraining] = seen_json(results.seen);
  if (results.evaluation) json["left_out"] = left_out_json(results);
  return json;
}

nlohmann::ordered_json data_card(const std::vector<std::string>& label_files,
                                 const std::vector<std::string>& prediction_files,
                                 const JoinedScores& scores) {
  nlohmann::ordered_json card;
  add_files(card, "labels", label_files);
  add_files(card, "predictions", prediction_files);
  card["clips"] = scores.clips();
  card["axes"] = scores.axes;
  const std::set<std::string> systems(scores.systems.begin(), scores.systems.end());
  if (!systems.empty()) card["systems"] = systems.size();
  if (!scores.raters.empty() && !scores.raters.front().empty()) {
    std::size_t ratings = 0;
    for (const auto& clip : scores.raters.front()) ratings += clip.size();
    card["ratings_of_first_axis"] = ratings;
  }
  return card;
}

}  // namespace qamro::evaluation
