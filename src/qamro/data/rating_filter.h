#pragma once

#include <string>

#include "qamro/data/ratings.h"

namespace qamro::data {

// The rows with this value in a text column, in their order. Throws InvalidInput if there is no such column,
// or no such row (with the values that exist).
RatingTable rows_where(RatingTable table, const std::string& column, const std::string& value);

}  // namespace qamro::data
