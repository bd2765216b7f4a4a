#pragma once

#include <string>

#include "qamro/data/ratings.h"

namespace qamro::data {

// The rows whose text column holds that value, in their order. Throws InvalidInput: no such column, or no
// such row (with the values that there are).
RatingTable rows_where(RatingTable table, const std::string& column, const std::string& value);

}  // namespace qamro::data
