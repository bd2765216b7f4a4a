#include "qamro/evaluation/json_report.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace qamro::evaluation {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::pair<std::string, const MetricEstimate*>> named(const LevelMetrics& level) {
  return {{"mse", &level.mse}, {"lcc", &level.lcc}, {"srcc", &level.srcc}, {"ktau", &level.ktau}};
}

Json level_json(const LevelMetrics& level, bool with_intervals) {
  Json json = {{"n", level.n}};
  std::string reason;
  for (const auto& [name, estimate] : named(level)) {
    json[name] = estimate->metric.value ? Json(*estimate->metric.value) : Json(nullptr);
    const std::string& why = estimate->metric.reason;
    if (!why.empty() && reason.find(why) == std::string::npos) reason += (reason.empty() ? "" : "; ") + why;
  }
  if (with_intervals)
    for (const auto& [name, estimate] : named(level)) {
      const auto& interval = estimate->bootstrap.interval;
      json[name + "_ci"] = interval ? Json::array({interval->low, interval->high}) : Json(nullptr);
    }
  if (!reason.empty()) json["reason"] = reason;
  return json;
}

}  // namespace

nlohmann::ordered_json evaluation_json(const Evaluation& evaluation) {
  const bool with_intervals = evaluation.bootstrap.resamples > 0;
  Json json = Json::object();
  for (const AxisEvaluation& axis : evaluation.axes) {
    if (axis.utterance) json["utterance"][axis.axis] = level_json(*axis.utterance, with_intervals);
    if (axis.system) json["system"][axis.axis] = level_json(*axis.system, with_intervals);
  }
  return json;
}

}  // namespace qamro::evaluation
