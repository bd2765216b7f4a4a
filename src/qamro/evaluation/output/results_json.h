#pragma once

#include <nlohmann/json_fwd.hpp>

#include "qamro/evaluation/evaluate_tables.h"

namespace qamro::evaluation {

// {"utterance": {"<axis>": {"n", "mse", "lcc", "srcc", "ktau", "mse_ci": [low, high], "lcc_ci", ...}},
// "system": {...}} with only the levels that were evaluated. Undefined numbers and intervals are null;
// "reason" then says why. "scale_mismatch" is there only for axes that have one: {"<axis>": {"labels": [low,
// high], "predictions": [low, high], "note"}}. The "_ci" keys are left out when no intervals were asked for.
nlohmann::ordered_json evaluation_json(const Evaluation& evaluation);

// evaluation_json() of the predictions and, beside "utterance" and "system", these keys
// if they have content:
//   "bootstrap"  {"resamples", "seed", "confidence", "drawn": {"utterance", "system"}}; "drawn" says in words
//                what was drawn
//   "system_truth"  "split" or the file
//   "baselines"  {"lookup": {"utterance", "system"}, ...}
//   "parts"      {"column": "domain", "values": {"speech": {"utterance", "system"}, ...}}
//   "systems"    {"<axis>": [{"system", "clips", "label": {"mean", "mean_ci", "rank", "rank_ci"},
//                "prediction": {...}}]}
//   "ceilings"   {"<axis>": {"clips", "left_out", "raters", "icc_single", "icc_panel",
//                "column_mean_variance_ratio", "reliability_within", "reliability_between", "utterance":
//                {"n", "ideal", "single_rater", "split_each_clip": {"halves", "panels", "ideal"},
//                "split_columns": {...}}, "system": {...}}}; summaries over rounds are {"mse": {"mean",
//                "sd"}, ...}, the others {"mse": number, ...}; noise_ceiling.h says what each is
//   "left_out"   {"labels_without_prediction": ["file:line 'key'"], "predictions_without_label": [...],
//                "predictions_without_number": [...], "failed_predictions": number}
nlohmann::ordered_json results_json(const EvaluationResults& results);

// What was evaluated, for a report: {"labels", "labels_sha256", "predictions", "predictions_sha256", "clips",
// "axes", "systems"?, "ratings_of_first_axis"?}. One file is a string, several are a list; a folder has no
// digest. prediction_files: at least one.
nlohmann::ordered_json data_card(const std::vector<std::string>& label_files,
                                 const std::vector<std::string>& prediction_files,
                                 const JoinedScores& scores);

}  // namespace qamro::evaluation
