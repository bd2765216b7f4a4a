#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cli/progress.h"
#include "qamro/training/cross_validation.h"
#include "qamro/training/recipe.h"

namespace qamro::cli {

// Options shared by `train` and `ablate`.
struct RecipeOptions {
  std::string recipe;
  std::vector<std::string> overrides;
  std::string output;
  bool resume = false;
  std::int64_t threads = 0;

  void add_to(CLI::App& command);
  training::Recipe load() const;  // with --set and --threads applied
};

// Counts a run's epochs and shows the last loss.
std::function<void(const training::RunProgress&)> progress_callback(Progress& progress);

// Prints one line to stderr for everything that clips on both sides of the split share. Throws InvalidInput
// if the recipe's split.leakage makes that an error.
void check_leakage(const training::Recipe& recipe, const training::Dataset& dataset,
                   const std::vector<training::Fold>& folds);

}  // namespace qamro::cli
