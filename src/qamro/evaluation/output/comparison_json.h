#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "qamro/evaluation/gate.h"
#include "qamro/evaluation/predictor_verdicts.h"
#include "qamro/evaluation/system_comparison.h"

namespace qamro::evaluation {

// {"first", "second", "axes": {"<axis>": {"utterance": {"n", "<metric>": {"first", "second", "difference",
// "difference_ci", "p_bootstrap", "p_permutation", "reason"?}, "verdict", "clips_to_settle"?,
// "raters_to_settle"?}, "system": {... without "..._to_settle"}}}}; undefined values are null. What settles
// the verdict is {"enough": number or null, "tried": [{"n", "power"}]}.
nlohmann::ordered_json predictor_results_json(const PredictorResults& results);

// {"test", "systems": [{"system", "clips", "mean", "mean_ci", "rank", "groups": [first, last]}],
// "pairs": [{"better", "worse", "difference", "difference_ci", "paired", "p_permutation", "p_bootstrap",
// "p_holm"}]}
nlohmann::ordered_json systems_json(const SystemComparison& comparison);

// systems_json() with "verdict" and, for the two best systems, "clips_to_settle" as above.
nlohmann::ordered_json verdict_json(const SystemVerdict& verdict);

// {"passed", "verdict", "alpha", "checks": [{"passed", "what", "axis", "mean", "mean_ci", "minimum",
// "difference", "difference_ci", "paired", "p"}]}. Intervals are two-sided, 1 - 2 alpha. Keys that do not
// apply to a check are left out.
nlohmann::ordered_json gate_json(const std::vector<GateCheck>& checks, const GateOptions& options);

}  // namespace qamro::evaluation
