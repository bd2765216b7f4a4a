#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "qamro/data/ratings.h"
#include "qamro/data/system_rule.h"
#include "qamro/evaluation/evaluate.h"

namespace qamro::evaluation {

struct JoinOptions {
  // Each is "AXIS", or "LABEL_AXIS=PREDICTION_AXIS" if the files name it differently (the first name is
  // kept). Empty: every axis that both files have, under one name or under two published names of the same
  // axis ("Production_Quality" and "PQ": the short one is kept, see data/column_names.h).
  std::vector<std::string> axes;
  // Finds the system in a row's path or key, for clips whose system neither file gives.
  std::optional<data::SystemRule> system_rule;
  // Text column of labels whose values become JoinedScores::groups.
  std::string group_column;
  // Text column of labels whose values become JoinedScores::parts; an empty cell is part "(none)".
  std::string part_column = {};
  data::JoinPolicy policy = {};
  // What to do with predictions that have neither a number nor an "error" although the label has a number.
  data::Unmatched not_a_number = data::Unmatched::kDrop;
};

struct JoinedTables {
  JoinedScores scores;                 // systems is empty when no clip has one
  std::size_t failed = 0;              // predictions with an "error"; they are missing on every axis
  std::vector<std::string> missing;    // "file:line 'key'" of labels without a prediction, which are left out
  std::vector<std::string> extra;      // likewise of predictions without a label
  std::vector<std::string> nan;        // likewise of predictions without a number where the label has one
  std::vector<std::string> notes;      // what was read otherwise than it stands there: names, axes left out
  std::vector<std::string> no_system;  // "file:line" of labels without a system, if others have one
};

// Joins labels and predictions row by row (see data::join_ratings()), in the order of labels. A system comes
// from the labels, else from the predictions, else from the rule. Throws InvalidInput if the options refuse
// rows that do not join or have no number, if there is no common axis, or if an axis, group or part column
// does not exist.
JoinedTables join_tables(const data::RatingTable& labels, const data::RatingTable& predictions,
                         const JoinOptions& options = {});

// As join_tables(), from labels alone; predictions are NaN.
JoinedTables labels_alone(const data::RatingTable& labels, const JoinOptions& options = {});

// Reads listeners' opinions of whole systems on `axes`, in that order. The file is a table or JSONL with a
// column of the systems (system_column if it has it, else system, system_id or the like) and one per axis; or
// a list without a header, as MusicEval publishes one: the system, then one number per axis in the order of
// `axes`. Throws FileError, or InvalidInput that names file and line.
SystemTruth read_system_truth(const std::filesystem::path& path, const std::vector<std::string>& axes,
                              const std::string& system_column = {});

}  // namespace qamro::evaluation
