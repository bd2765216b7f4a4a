#pragma once

#include <filesystem>
#include <vector>

#include "qamro/data/ratings.h"

namespace qamro::data {

// One table of several, rows in their order. A clip that is in two tables (under the same key or the same
// published name) is kept once if they agree on every axis; the ratings of raters and the texts that the
// first lacks come from the other. Throws InvalidInput: tables with other axes, a clip with two values (with
// both places), no table.
RatingTable merge_ratings(std::vector<RatingTable> tables);

// read_ratings() of every file, merged.
RatingTable read_ratings(const std::vector<std::filesystem::path>& paths, const RatingOptions& options = {});

}  // namespace qamro::data
