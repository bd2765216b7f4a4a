#pragma once

#include "qamro/data/ratings.h"

namespace qamro::data {

// Adds what the rows' names tell (published_name()): the system of rows without one, and those of the text
// columns "system", "domain", "prompt" and "source" that the table lacks and at least one name gives.
void add_published_columns(RatingTable& table);

}  // namespace qamro::data
