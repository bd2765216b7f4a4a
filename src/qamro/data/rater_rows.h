#pragma once

#include "qamro/data/ratings.h"

namespace qamro::data {

// Makes one row of a clip's rows, each of which is one rater's: lists of ratings and of raters in file order,
// values their means, everything else from the first row. Throws InvalidInput that names both lines: a rater
// twice for a clip, two systems of a clip.
void gather_raters(RatingTable& table);

}  // namespace qamro::data
