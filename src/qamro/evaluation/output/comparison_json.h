#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "qamro/evaluation/gate.h"
#include "qamro/evaluation/predictor_verdicts.h"
#include "qamro/evaluation/system_comparison.h"
#include "qamro/statistics/power.h"

namespace qamro::evaluation {

// {"<axis>": {"utterance": {"n", "<metric>": {"first", "second", "difference", "difference_ci",
// "p_bootstrap", "p_permutation", "reason"?}}, "system": {...}}}; undefined values are null.
nlohmann::ordered_json predictors_json(const std::vector<PredictorComparison>& comparison);

// {"first", "second", "axes": predictors_json() with "verdict" beside the metrics of each level, and
// "clips_to_settle" and "raters_to_settle" (see power_json()) at the utterance level}
nlohmann::ordered_json predictor_results_json(const PredictorResults& results);

// {"test", "systems": [{"system", "clips", "mean", "mean_ci", "rank", "groups": [first, last]}],
// "pairs": [{"better", "worse", "difference", "difference_ci", "paired", "p_permutation", "p_bootstrap",
// "p_holm"}]}
nlohmann::ordered_json systems_json(const SystemComparison& comparison);

// systems_json() with "verdict" and, for the two best systems, "clips_to_settle" (see power_json()).
nlohmann::ordered_json verdict_json(const SystemVerdict& verdict);

// {"enough": number or null, "tried": [{"n", "power"}]}
nlohmann::ordered_json power_json(const statistics::PowerCurve& curve);

// {"passed", "verdict", "alpha", "checks": [{"passed", "what", "axis", "mean", "mean_ci", "minimum",
// "difference", "difference_ci", "paired", "p"}]}. Intervals are two-sided, 1 - 2 alpha. Keys that do not
// apply to a check are left out.
nlohmann::ordered_json gate_json(const std::vector<GateCheck>& checks, const GateOptions& options);

}  // namespace qamro::evaluation
