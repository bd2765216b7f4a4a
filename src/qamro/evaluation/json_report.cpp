#include "qamro/evaluation/json_report.h"

#include <nlohmann/json.hpp>
#include <string>

namespace qamro::evaluation {
namespace {

using Json = nlohmann::ordered_json;

Json level_json(const LevelMetrics& level, bool with_intervals) {
  Json json = {{"n", level.n}};
  std::string reason;
  for (std::size_t m = 0; m < 4; ++m) {
    const std::string name = kMetricNames[m];
    const MetricEstimate* estimate = level.all()[m];
    json[name] = estimate->metric.value ? Json(*estimate->metric.value) : Json(nullptr);
    const std::string& why = estimate->metric.reason;
    if (!why.empty() && reason.find(why) == std::string::npos) reason += (reason.empty() ? "" : "; ") + why;
  }
  if (with_intervals)
    for (std::size_t m = 0; m < 4; ++m) {
      const auto& interval = level.all()[m]->bootstrap.interval;
      json[std::string(kMetricNames[m]) + "_ci"] =
          interval ? Json::array({interval->low, interval->high}) : Json(nullptr);
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
