#pragma once

#include <nlohmann/json_fwd.hpp>

#include "qamro/evaluation/evaluate.h"

namespace qamro::evaluation {

// {"utterance": {"<axis>": {"n", "mse", "lcc", "srcc", "ktau", "mse_ci": [low, high], "lcc_ci", ...}},
// "system": {...}} with only the levels that were evaluated. Undefined numbers and intervals are null;
// "reason" then says why. The "_ci" keys are left out when no intervals were asked for.
nlohmann::ordered_json evaluation_json(const Evaluation& evaluation);

}  // namespace qamro::evaluation
