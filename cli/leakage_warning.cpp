#include "cli/leakage_warning.h"

#include <fmt/format.h>

#include <cstdio>

namespace qamro::cli {

void check_leakage(const training::Recipe& recipe, const training::Dataset& dataset,
                   const std::vector<training::Fold>& folds) {
  const auto found = training::find_leakage(dataset, folds);
  training::refuse_leakage(recipe, dataset, found);
  for (const data::Leakage& leakage : found)
    fmt::print(stderr, "warning: {}\n", describe(leakage, dataset.paths));
}

}  // namespace qamro::cli
