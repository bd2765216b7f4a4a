// Answers JSON lines on stdin with JSON lines on stdout, for tests/parity/test_metrics.py:
//   {"prediction": [..], "label": [..], "system"?: [..], "decimals"?: n}
//   ->  {"utterance": METRICS, "system"?: METRICS}
// METRICS is what `qamro evaluate --json` writes for an axis: null and "reason" if undefined. null in a list
// is a missing number.
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qamro/evaluation/evaluate.h"
#include "qamro/evaluation/output/results_json.h"

namespace {

using nlohmann::ordered_json;

std::vector<double> numbers(const ordered_json& list) {
  std::vector<double> values;
  for (const auto& item : list)
    values.push_back(item.is_null() ? std::numeric_limits<double>::quiet_NaN() : item.get<double>());
  return values;
}

ordered_json answer(const ordered_json& request) {
  qamro::evaluation::JoinedScores scores;
  scores.axes = {"mos"};
  scores.predictions = {numbers(request.at("prediction"))};
  scores.labels = {numbers(request.at("label"))};
  if (request.contains("system")) scores.systems = request.at("system").get<std::vector<std::string>>();
  qamro::evaluation::EvaluationOptions options;
  options.system_level = request.contains("system");
  if (request.contains("decimals")) options.decimals = request.at("decimals").get<int>();
  options.bootstrap.resamples = 0;
  const ordered_json report =
      qamro::evaluation::evaluation_json(qamro::evaluation::evaluate(scores, options));
  ordered_json result;
  for (const auto& [level, axes] : report.items()) result[level] = axes.at("mos");
  return result;
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    try {
      std::cout << answer(ordered_json::parse(line)).dump() << std::endl;
    } catch (const std::exception& error) {
      std::cout << ordered_json{{"error", error.what()}}.dump() << std::endl;
    }
  }
}
