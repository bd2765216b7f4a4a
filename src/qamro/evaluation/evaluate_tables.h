#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "qamro/core/enum_names.h"
#include "qamro/data/training_clips.h"
#include "qamro/evaluation/evaluate.h"
#include "qamro/evaluation/joined_tables.h"
#include "qamro/evaluation/system_estimates.h"
#include "qamro/statistics/noise_ceiling.h"

namespace qamro::evaluation {

// Floors for every model: predictors that hear no audio.
//   kLookup    the mean label of the clip's system over the training clips; of all training clips if that
//              system has no label. A model that does not beat it has learnt nothing but the systems
//   kConstant  the mean label of all training clips: what an MSE has to beat (it has no correlation)
enum class Baseline { kLookup, kConstant };
constexpr auto enum_names(Baseline) {
  return names_table<Baseline>({{Baseline::kLookup, "lookup"}, {Baseline::kConstant, "constant"}});
}

// `scores` with the baseline's predictions instead of its own; NaN on axes without a training label. Axes of
// the training table are matched by name (see data/column_names.h). Means are summed in the order of the
// training clips. Throws InvalidInput if the training table lacks an axis, if either side has no systems
// (kLookup), or if a clip (by its key) is in both.
JoinedScores baseline_scores(const JoinedScores& scores, const JoinedScores& train, Baseline baseline);

struct NamedEvaluation {
  std::string name;
  Evaluation evaluation;
};

// Everything that `qamro evaluate` finds out, for its text, its JSON and its report.
struct EvaluationResults {
  std::optional<Evaluation> evaluation;    // of the predictions; absent if only baselines were asked for
  std::vector<NamedEvaluation> baselines;  // "lookup", "constant", and given ones
  std::string part_column;                 // "domain"; empty: no parts
  std::vector<NamedEvaluation> parts;      // of the predictions, by the column's values in file order
  std::vector<AxisSystems> systems;        // empty: no system level
  std::vector<statistics::NoiseCeiling> ceilings;  // empty: not asked for
  std::string system_truth;                        // "split", or the file
  // Rows that took no part, as "file:line 'key'".
  std::vector<std::string> labels_without_prediction;
  std::vector<std::string> predictions_without_label;
  std::vector<std::string> predictions_without_number;
  std::size_t failed_predictions = 0;  // "error" rows
  data::SeenClips seen;                // of the clips with a prediction: those that its model was trained on
};

// Counts the clips that have a prediction on some axis.
data::SeenClips seen_clips(const JoinedScores& scores);

// The clips whose `wanted` is true, in their order.
JoinedScores some_clips(const JoinedScores& scores, const std::vector<bool>& wanted);

// Evaluates each part (JoinedScores::parts) by itself.
std::vector<NamedEvaluation> evaluate_parts(const JoinedScores& scores, const EvaluationOptions& options);

// How to evaluate, in the words of a user.
struct EvaluationChoices {
  std::string level = {};              // "utterance", "system" or "both"; empty: both if systems are known
  std::string system_truth = "split";  // or a file, see joined_tables.h
  std::string system_column = {};      // of that file, if it has it
  std::string resample = "points";     // see statistics::parse_resampling()
  std::optional<int> decimals = std::nullopt;
  statistics::BootstrapOptions bootstrap = {};
};

// Reads the truth of systems if it is a file. Throws InvalidInput if the system level is asked for and a clip
// has no system.
EvaluationOptions evaluation_options(const EvaluationChoices& choices, const JoinedTables& tables);

struct EvaluationRequest {
  JoinOptions join;  // without groups and parts, which the members below name
  EvaluationChoices choices;
  std::string part_column = {};             // evaluates each of its values by itself; empty: none
  std::vector<std::string> baselines = {};  // "lookup", "constant", or [NAME=]FILE of another's predictions
  data::RatingOptions baseline_files = {.role = data::RatingRole::kPredictions};  // how such a FILE is read
  bool ceiling = false;
  std::int64_t ceiling_rounds = 200;
};

struct EvaluationTables {
  const data::RatingTable& labels;
  const data::RatingTable* predictions;  // null: baselines and ceilings alone
  // Called if a baseline needs them.
  std::function<data::RatingTable()> training_labels;
};

struct EvaluatedTables {
  JoinedTables tables;
  EvaluationOptions options;
  EvaluationResults results;
  bool lacks_systems = false;  // there is no system level, only because no clip has a system
};

// Joins the tables and evaluates what is asked for. Throws InvalidInput and FileError.
EvaluatedTables evaluate_tables(const EvaluationTables& tables, const EvaluationRequest& request);

}  // namespace qamro::evaluation
