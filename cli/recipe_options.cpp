#include "cli/recipe_options.h"

#include <fmt/format.h>

#include <cstdio>

namespace qamro::cli {

void RecipeOptions::add_to(CLI::App& command) {
  command
      .add_option("RECIPE", recipe,
                  "Recipe, a TOML file (docs/recipe.md, examples/neural_codecs/recipe.toml)")
      ->required();
  command
      .add_option("--set", overrides,
                  "Sets a recipe key, e.g. --set optimizer.learning_rate=1e-4 --set loss.ranking.weight=0.5")
      ->type_name("SECTION.KEY=VALUE")
      ->allow_extra_args(false);
  command.add_option("--output,-o", output, "Folder to write to")->required();
  command.add_flag("--resume", resume, "Continue the run in the output folder; the result is bit-identical");
  command
      .add_option("--threads", threads,
                  "Runs trained at the same time; 0: one per core. Does not change the result")
      ->check(CLI::NonNegativeNumber);
}

training::Recipe RecipeOptions::load() const {
  training::Recipe result = training::load_recipe(recipe, overrides);
  if (threads > 0) result.threads = threads;
  return result;
}

std::function<void(const training::RunProgress&)> progress_callback(Progress& progress) {
  return [&progress](const training::RunProgress& run) {
    if (run.epoch == nullptr) {
      if (run.epochs_saved > 0) progress.advance(run.epochs_saved);
      return;
    }
    if (run.epoch->validation)
      progress.note(
          fmt::format("loss {:.4f}, validation {:.4f}", run.epoch->loss, run.epoch->validation->loss));
    else
      progress.note(fmt::format("loss {:.4f}", run.epoch->loss));
    progress.advance();
  };
}

void check_leakage(const training::Recipe& recipe, const training::Dataset& dataset,
                   const std::vector<training::Fold>& folds) {
  const auto found = training::find_leakage(dataset, folds);
  training::refuse_leakage(recipe, dataset, found);
  for (const data::Leakage& leakage : found)
    fmt::print(stderr, "warning: {}\n", describe(leakage, dataset.paths));
}

}  // namespace qamro::cli
