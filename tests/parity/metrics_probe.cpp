// Answers JSON lines on stdin with JSON lines on stdout, for tests/parity/test_metrics.py:
//   {"prediction": [..], "label": [..]}  ->  {"mse", "lcc", "srcc", "ktau"}, null where undefined
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qamro/metrics/correlation.h"

namespace {

using nlohmann::json;

json number(const qamro::metrics::MetricValue& metric) {
  return metric.value ? json(*metric.value) : json(nullptr);
}

json answer(const json& request) {
  const auto x = request.at("prediction").get<std::vector<double>>();
  const auto y = request.at("label").get<std::vector<double>>();
  return {{"mse", number(qamro::metrics::mse(x, y))},
          {"lcc", number(qamro::metrics::lcc(x, y))},
          {"srcc", number(qamro::metrics::srcc(x, y))},
          {"ktau", number(qamro::metrics::ktau(x, y))}};
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    try {
      std::cout << answer(json::parse(line)).dump() << std::endl;
    } catch (const std::exception& error) {
      std::cout << json{{"error", error.what()}}.dump() << std::endl;
    }
  }
}
