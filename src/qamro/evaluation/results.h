#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "qamro/evaluation/evaluate.h"
#include "qamro/evaluation/joined_tables.h"
#include "qamro/evaluation/noise_ceiling.h"
#include "qamro/evaluation/system_estimates.h"

namespace qamro::evaluation {

struct NamedEvaluation {
  std::string name;
  Evaluation evaluation;
};

// Everything that `qamro evaluate` finds out, for its text, its JSON and the report.
struct EvaluationResults {
  std::optional<Evaluation> evaluation;    // of the predictions; absent if only baselines were asked for
  std::vector<NamedEvaluation> baselines;  // "lookup", "constant", and given ones
  std::string part_column;                 // "domain"; empty: no parts
  std::vector<NamedEvaluation> parts;      // of the predictions, by the column's values in file order
  std::vector<AxisSystems> systems;        // empty: no system level
  std::vector<NoiseCeiling> ceilings;      // empty: not asked for
  std::string system_truth;                // "split", or the file
  // Rows that took no part, as "file:line 'key'".
  std::vector<std::string> labels_without_prediction;
  std::vector<std::string> predictions_without_label;
  std::vector<std::string> predictions_without_number;
  std::size_t failed_predictions = 0;  // "error" rows
};

// The clips whose `wanted` is true, in their order.
JoinedScores some_clips(const JoinedScores& scores, const std::vector<bool>& wanted);

// Evaluates each part (JoinedScores::parts) by itself.
std::vector<NamedEvaluation> evaluate_parts(const JoinedScores& scores, const EvaluationOptions& options);

}  // namespace qamro::evaluation
