#pragma once

#include "qamro/data/ratings.h"

namespace qamro::data {

// Adds what the rows' names tell (published_name()): the system of rows without one, and the text columns
// "system", "domain", "prompt" and "source" as far as a name tells them and the table lacks them.
void add_published_columns(RatingTable& table);

}  // namespace qamro::data
