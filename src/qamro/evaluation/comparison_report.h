#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "qamro/evaluation/power.h"
#include "qamro/evaluation/predictor_comparison.h"
#include "qamro/evaluation/system_comparison.h"

namespace qamro::evaluation {

// {"<axis>": {"utterance": {"n", "<metric>": {"first", "second", "difference", "difference_ci",
// "p_bootstrap", "p_permutation", "reason"?}}, "system": {...}}}; undefined values are null.
nlohmann::ordered_json predictors_json(const std::vector<PredictorComparison>& comparison);

// {"test", "systems": [{"system", "clips", "mean", "mean_ci", "rank", "groups": [first, last]}],
// "pairs": [{"better", "worse", "difference", "difference_ci", "paired", "p_permutation", "p_bootstrap",
// "p_holm"}]}
nlohmann::ordered_json systems_json(const SystemComparison& comparison);

// {"enough": number or null, "tried": [{"n", "power"}]}
nlohmann::ordered_json power_json(const PowerCurve& curve);

// A table within 80 columns: each metric's two values, their difference with its interval, both p-values.
std::string render_predictors(const std::vector<PredictorComparison>& comparison, double confidence);

// A table of neighbouring pairs; with up to six systems, of all pairs.
std::string render_pairs(const SystemComparison& comparison, double confidence);

}  // namespace qamro::evaluation
