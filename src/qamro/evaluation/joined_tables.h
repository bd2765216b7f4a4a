#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "qamro/data/ratings.h"
#include "qamro/data/system_rule.h"
#include "qamro/evaluation/evaluate.h"

namespace qamro::evaluation {

struct JoinOptions {
  // Each "AXIS", or "LABEL_AXIS=PREDICTION_AXIS" where the files call it differently (the first name is
  // kept). Empty: every axis that both files have.
  std::vector<std::string> axes;
  // For clips whose system neither file tells: found in the row's path or key.
  std::optional<data::SystemRule> system_rule;
  // Text column of labels whose values become JoinedScores::groups.
  std::string group_column;
};

struct JoinedTables {
  JoinedScores scores;                 // systems is empty when no clip has one
  std::size_t failed = 0;              // predictions that are an "error"; missing on every axis
  std::size_t extra = 0;               // predictions without a label, left out
  std::vector<std::string> no_system;  // "file:line" of the labels without a system, where others have one
};

// Joins labels and predictions row by row (see data::join_ratings()), in the order of labels. A system comes
// from the labels, else from the predictions, else from the rule. Throws InvalidInput: rows that do not join,
// no common axis, an axis or group column that is not there.
JoinedTables join_tables(const data::RatingTable& labels, const data::RatingTable& predictions,
                         const JoinOptions& options = {});

}  // namespace qamro::evaluation
