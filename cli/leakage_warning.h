#pragma once

#include <vector>

#include "qamro/training/cross_validation.h"

namespace qamro::cli {

// One line on stderr for each thing that clips on both sides of the split share. Throws InvalidInput where
// the recipe's split.leakage makes that an error.
void check_leakage(const training::Recipe& recipe, const training::Dataset& dataset,
                   const std::vector<training::Fold>& folds);

}  // namespace qamro::cli
