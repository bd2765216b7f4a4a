#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "qamro/data/ratings.h"
#include "qamro/evaluation/joined_tables.h"

namespace qamro::cli {

// Options shared by the commands that judge predictions: the labels, and how predictions join them.
struct RatingInputs {
  std::vector<std::string> labels;  // files, or the MusicEval package's folder
  std::vector<std::string> where;   // COLUMN=VALUE: only these labels count
  std::vector<std::string> axes;
  std::string key;            // column; empty: the first that has a usual name
  std::string system_column;  // likewise
  std::string system_rule;
  std::string missing_predictions = "error";
  std::string missing_labels = "error";
  std::string nan_predictions = "error";
};

void add_rating_inputs(CLI::App& command, RatingInputs& inputs);

// The labels, filtered by `where`. `training`: the labels of split "train" instead of the split in `where`.
data::RatingTable read_labels(const RatingInputs& inputs, bool training = false);
// Whether `where` selects a split.
bool names_split(const RatingInputs& inputs);

// How each file is read, with the columns that the user has named.
data::RatingOptions rating_options(const RatingInputs& inputs, data::RatingRole role);
data::RatingTable read_predictions(const RatingInputs& inputs, const std::vector<std::string>& files);

// Throws InvalidInput if a column that the user has named is in none of the tables.
void check_columns(const RatingInputs& inputs, const std::vector<const data::RatingTable*>& tables);

evaluation::JoinOptions join_options(const RatingInputs& inputs);

// Says on stderr what was left out: the number, and the first five.
void warn_left_out(const std::string& command, const evaluation::JoinedTables& tables);

}  // namespace qamro::cli
