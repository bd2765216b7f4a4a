#include "qamro/evaluation/gate_json.h"
#include "qamro/evaluation/json_numbers.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace qamro::evaluation {
namespace {

using Json = nlohmann::ordered_json;

bool all_passed(const std::vector<GateCheck>& checks) {
  return std::all_of(checks.begin(), checks.end(), [](const GateCheck& check) { return check.passed; });
}

Json check_json(const GateCheck& check) {
  Json json = {{"passed", check.passed}, {"what", check.what}};
  if (check.axis.empty()) return json;
  json["axis"] = check.axis;
  json["mean"] = check.mean;
  json["mean_ci"] = interval_json(check.mean_interval);
  if (check.minimum) json["minimum"] = *check.minimum;
  if (check.against) {
    json["difference"] = check.against->difference;
    json["difference_ci"] = interval_json(check.against->interval);
    json["paired"] = check.against->is_paired;
    json["p"] = optional_json(check.p);
  }
  return json;
}

}  // namespace

std::string gate_verdict(const std::vector<GateCheck>& checks) {
  std::string text = all_passed(checks) ? "PASS" : "FAIL";
  std::string separator = "  ";
  for (const bool passed : {false, true})
    for (const GateCheck& check : checks) {
      if (check.passed != passed) continue;
      text += separator + check.what;
      separator = "; ";
    }
  return text;
}

nlohmann::ordered_json gate_json(const std::vector<GateCheck>& checks, const GateOptions& options) {
  Json json = {{"passed", all_passed(checks)},
               {"verdict", gate_verdict(checks)},
               {"alpha", options.alpha},
               {"checks", Json::array()}};
  for (const GateCheck& check : checks) json["checks"].push_back(check_json(check));
  return json;
}

}  // namespace qamro::evaluation
