#include "qamro/evaluation/comparison_report.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "qamro/evaluation/json_numbers.h"
#include "qamro/evaluation/text_table.h"

namespace qamro::evaluation {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kFewSystems = 6;

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
  for (std::size_t m = 0; m < 4; ++m) json[kMetricNames[m]] = metric_json(level.metrics[m]);
  return json;
}

std::string signed_text(const std::optional<double>& number) {
  return number ? fmt::format("{:+.3f}", *number) : "–";
}

std::string interval_text(const std::optional<Interval>& interval) {
  return interval ? fmt::format("[{:+.3f}, {:+.3f}]", interval->low, interval->high) : "";
}

std::string p_text(const std::optional<double>& p) {
  if (!p) return "–";
  return *p < 0.001 ? "<.001" : fmt::format("{:.3f}", *p);
}

void add_level(TextTable& table, const std::string& name, const PredictorLevel& level) {
  constexpr const char* kTitles[] = {"MSE", "LCC", "SRCC", "KTAU"};  // as kMetricNames
  for (std::size_t m = 0; m < 4; ++m) {
    const ComparedPredictors& metric = level.metrics[m];
    table.add_row({m == 0 ? fmt::format("{} ({})", name, level.n) : "", kTitles[m],
                   number_text(metric.first.value), number_text(metric.second.value),
                   signed_text(metric.difference), interval_text(metric.interval), p_text(metric.p_bootstrap),
                   p_text(metric.p_permutation)});
  }
}

}  // namespace

nlohmann::ordered_json predictors_json(const std::vector<PredictorComparison>& comparison) {
  Json json = Json::object();
  for (const PredictorComparison& axis : comparison) {
    Json& of_axis = json[axis.axis] = Json::object();
    if (axis.utterance) of_axis["utterance"] = level_json(*axis.utterance);
    if (axis.system) of_axis["system"] = level_json(*axis.system);
  }
  return json;
}

nlohmann::ordered_json systems_json(const SystemComparison& comparison) {
  Json json = {{"test", comparison.test}, {"systems", Json::array()}, {"pairs", Json::array()}};
  for (const RankedSystem& system : comparison.systems)
    json["systems"].push_back({{"system", system.system},
                               {"clips", system.clips},
                               {"mean", system.mean},
                               {"mean_ci", interval_json(system.interval)},
                               {"rank", system.rank},
                               {"groups", {system.first_group, system.last_group}}});
  for (const SystemPair& pair : comparison.pairs)
    json["pairs"].push_back({{"better", comparison.systems[pair.better].system},
                             {"worse", comparison.systems[pair.worse].system},
                             {"difference", pair.test.difference},
                             {"difference_ci", interval_json(pair.test.interval)},
                             {"paired", pair.test.is_paired},
                             {"p_permutation", optional_json(pair.test.p_permutation)},
                             {"p_bootstrap", optional_json(pair.test.p_bootstrap)},
                             {"p_holm", optional_json(pair.p_holm)}});
  return json;
}

nlohmann::ordered_json power_json(const PowerCurve& curve) {
  Json json = {{"enough", curve.enough ? Json(*curve.enough) : Json(nullptr)}, {"tried", Json::array()}};
  for (const PowerPoint& point : curve.points)
    json["tried"].push_back({{"n", point.n}, {"power", point.power}});
  return json;
}

std::string render_predictors(const std::vector<PredictorComparison>& comparison, double confidence) {
  TextTable table({{"level (n)", Align::kLeft, 20},
                   {"", Align::kLeft},
                   {"A"},
                   {"B"},
                   {"A - B"},
                   {fmt::format("{:g} %", 100 * confidence)},
                   {"p boot"},
                   {"p perm"}});
  for (const PredictorComparison& axis : comparison) {
    if (axis.utterance) add_level(table, axis.axis + " utterance", *axis.utterance);
    if (axis.system) add_level(table, axis.axis + " system", *axis.system);
  }
  return table.str();
}

std::string render_pairs(const SystemComparison& comparison, double confidence) {
  TextTable table({{"better", Align::kLeft, 18},
                   {"worse", Align::kLeft, 18},
                   {"difference"},
                   {fmt::format("{:g} %", 100 * confidence)},
                   {"p"},
                   {"p Holm"}});
  bool any_unpaired = false;
  for (const SystemPair& pair : comparison.pairs) {
    if (comparison.systems.size() > kFewSystems && pair.worse != pair.better + 1) continue;
    any_unpaired |= !pair.test.is_paired;
    table.add_row({comparison.systems[pair.better].system, comparison.systems[pair.worse].system,
                   signed_text(pair.test.difference) + (pair.test.is_paired ? "" : "*"),
                   interval_text(pair.test.interval), p_text(pair.p), p_text(pair.p_holm)});
  }
  std::string text = table.str();
  text += fmt::format("p: {} test of {} pairs, Holm-corrected\n", comparison.test, comparison.pairs.size());
  if (any_unpaired) text += "* not the same items: compared as independent clips\n";
  return text;
}

}  // namespace qamro::evaluation
