#pragma once

#include <vector>

#include "qamro/training/cross_validation.h"

namespace qamro::cli {

// Prints one line to stderr for everything that clips on both sides of the split share. Throws InvalidInput
// if the recipe's split.leakage makes that an error.
void check_leakage(const training::Recipe& recipe, const training::Dataset& dataset,
                   const std::vector<training::Fold>& folds);

}  // namespace qamro::cli
