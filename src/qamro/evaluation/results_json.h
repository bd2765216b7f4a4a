#pragma once

#include <nlohmann/json_fwd.hpp>

#include "qamro/evaluation/results.h"

namespace qamro::evaluation {

// evaluation_json() of the predictions (see json_report.h) and, beside "utterance" and "system", these keys
// if they have content:
//   "bootstrap"  {"resamples", "seed", "confidence", "drawn": {"utterance", "system"}}; "drawn" says in words
//                what was drawn
//   "system_truth"  "split" or the file
//   "baselines"  {"lookup": {"utterance", "system"}, ...}
//   "parts"      {"column": "domain", "values": {"speech": {"utterance", "system"}, ...}}
//   "systems"    {"<axis>": [{"system", "clips", "label": {"mean", "mean_ci", "rank", "rank_ci"},
//                "prediction": {...}}]}
//   "ceilings"   {"<axis>": ...}, see ceiling_json()
//   "left_out"   {"labels_without_prediction": ["file:line 'key'"], "predictions_without_label": [...],
//                "predictions_without_number": [...], "failed_predictions": number}
nlohmann::ordered_json results_json(const EvaluationResults& results);

// {"clips", "left_out", "raters", "icc_single", "icc_panel", "column_mean_variance_ratio",
// "reliability_within", "reliability_between", "utterance": {"n", "ideal", "single_rater", "split_each_clip":
// {"halves", "panels", "ideal"}, "split_columns": {...}}, "system": {...}}. Summaries over rounds are {"mse":
// {"mean", "sd"}, ...}, the others {"mse": number, ...}. Undefined numbers are null. See noise_ceiling.h for
// what each is.
nlohmann::ordered_json ceiling_json(const NoiseCeiling& ceiling);

}  // namespace qamro::evaluation
