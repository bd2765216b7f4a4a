#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "qamro/data/ratings.h"

namespace qamro::data {

// Merges several tables into one; rows keep their order. A clip in two tables (under the same key or the same
// published name) is kept once if they agree on every axis; the raters' ratings and the texts that the first
// row lacks come from the other. Throws InvalidInput for tables with different axes, a clip with two
// different values (with both places), and no table.
RatingTable merge_ratings(std::vector<RatingTable> tables);

// read_ratings() of every file, merged.
RatingTable read_ratings(const std::vector<std::filesystem::path>& paths, const RatingOptions& options = {});

// Which rows count: those with this value in a text column.
struct RowCondition {
  std::string column;
  std::string value;
};

// Reads "COLUMN=VALUE", where the value may be empty or hold further '='. Empty without a column or a '='.
std::optional<RowCondition> parse_condition(const std::string& text);

// The rows that meet a condition, in their order. Throws InvalidInput if there is no such column,
// or no such row (with the values that exist).
RatingTable rows_where(RatingTable table, const RowCondition& condition);

}  // namespace qamro::data
