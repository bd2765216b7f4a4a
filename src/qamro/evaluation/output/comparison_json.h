#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "qamro/evaluation/gate.h"
#include "qamro/evaluation/predictor_verdicts.h"
#include "qamro/evaluation/system_comparison.h"

namespace qamro::evaluation {

// {"first", "second", "axes": {"<axis>": {"utterance": {"n", "<metric>": {"first", "second", "difference",
// "difference_ci", "p_bootstrap", "p_permutation", "reason"?}, "verdict", "units_to_settle"?: {"unit",
// "units", "enough", "at_interval_end"}, "raters_to_settle"?: {"enough": number or null, "tried": [{"n",
// "power"}]}}, "system": {the same without what settles}}}}; undefined values are null.
nlohmann::ordered_json predictor_results_json(const PredictorResults& results);

// {"test", "confidence", "systems": [{"system", "clips", "mean", "mean_ci", "rank", "groups", "tie"}],
// "pairs":
// [{"better", "worse", "difference", "difference_ci", "paired", "p_permutation", "p_t", "p_holm"}],
// "verdict", "has_winner", "clips_to_settle": null or {"difference", "power", "unit", "clips", "range": [low,
// high]}}
nlohmann::ordered_json verdict_json(const SystemVerdict& verdict);

// {"passed", "outcome", "verdict", "alpha", "power", "checks": [{"passed", "outcome", "what", "axis", "mean",
// "mean_ci", "lower_bound", "minimum", "difference", "difference_ci", "paired", "p", "noticeable_drop"}]}.
// Intervals are two-sided, 1 - 2 alpha. Keys that do not apply to a check are left out.
nlohmann::ordered_json gate_json(const std::vector<GateCheck>& checks, const GateOptions& options);

}  // namespace qamro::evaluation
