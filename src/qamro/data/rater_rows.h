#pragma once

#include "qamro/data/ratings.h"

namespace qamro::data {

// Merges a clip's rows, each from one rater, into a single row: lists of ratings and raters in file order,
// values that are their means, and everything else from the first row. Throws InvalidInput that names both
// lines if a rater occurs twice for a clip or a clip has two systems.
void gather_raters(RatingTable& table);

}  // namespace qamro::data
