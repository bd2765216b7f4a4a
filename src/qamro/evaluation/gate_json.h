#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "qamro/evaluation/gate.h"

namespace qamro::evaluation {

// "PASS  mos 3.82 [3.71, 3.93] >= 3.5, 24 clips; ...": one line; failed checks first.
std::string gate_verdict(const std::vector<GateCheck>& checks);

// {"passed", "verdict", "alpha", "checks": [{"passed", "what", "axis", "mean", "mean_ci", "minimum",
// "difference", "difference_ci", "paired", "p"}]}. Intervals are two-sided, 1 - 2 alpha. Keys that do not
// apply to a check are left out.
nlohmann::ordered_json gate_json(const std::vector<GateCheck>& checks, const GateOptions& options);

}  // namespace qamro::evaluation
