#include "cli/commands.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "cli/recipe_options.h"
#include "cli/report_options.h"
#include "cli/terminal.h"
#include "qamro/experiments/ablation_files.h"
#include "qamro/experiments/ablation_run.h"
#include "qamro/experiments/ablation_tables.h"
#include "qamro/experiments/row_notes.h"
#include "qamro/training/run_folder.h"

namespace qamro::cli {
namespace {

int run_ablation(const RecipeOptions& options) {
  const training::Recipe recipe = options.load();
  const training::Dataset dataset = training::load_dataset(recipe);
  const auto folds = training::make_folds(recipe, dataset);
  check_leakage(recipe, dataset, folds);
  experiments::check_excluded_systems(recipe, dataset);  // reports a wrong name before the work
  const std::filesystem::path output = options.output;
  const auto jobs = experiments::ablation_jobs(recipe, output);
  say_when_interrupted(
      "qamro ablate: interrupted; finished epochs and runs are kept: continue with --resume");
  const io::WriterLock lock = training::open_run_folder(
      output, recipe, experiments::ablation_fingerprint(jobs, dataset), options.resume);
  Progress progress("ablation", experiments::max_total_epochs(jobs, folds), "epochs");
  auto scores = experiments::train_ablation(
      jobs, dataset, folds, {recipe.threads, {}, options.resume, false, progress_callback(progress)});
  progress.finish();
  const std::string no_lookup = experiments::add_baselines(recipe, dataset, folds, scores);
  const auto scopes = experiments::compare_scores(recipe, dataset, scores);
  std::vector<std::string> notes = experiments::row_notes(recipe, dataset, scores);
  for (const std::string& note : notes) fmt::print(stderr, "warning: {}\n", note);
  if (!no_lookup.empty()) notes.push_back(no_lookup);
  experiments::write_ablation_results(output, recipe, dataset, folds.size(), scopes, notes);
  if (!recipe.ablate.preference_factors.empty())
    draw_picture(experiments::preference_factor_chart(scopes), output / "preference_factor.svg");
  fmt::print(
      "{} clips, {} folds by {}, {} seeds averaged; every clip is scored by heads that have not seen its {}.\n\n{}{}",
      dataset.size(), folds.size(), recipe.split.group, recipe.seeds.size(), recipe.split.group,
      experiments::render_ablation(scopes, {recipe.split.group, recipe.ablate.permutations},
                                   recipe.ablate.bootstrap_resamples),
      experiments::render_notes(notes));
  return ExitCode::kAllDone;
}

}  // namespace

std::function<int()> add_ablate_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("ablate", "Train with several losses on the same folds and compare them");
  const auto options = std::make_shared<RecipeOptions>();
  options->add_to(*command);
  command->footer(
      "Rows by default: regression only; + fixed margin (Eq. 1); + adaptive margin (Eq. 2); + quality weighting\n"
      "(QAMRO, Eq. 3). Every row's seeds and folds are trained side by side; --resume continues a killed run.\n"
      "Writes ablation.json, ablation.csv and ablation.md (the paper's Table I), and each row's out_of_fold.csv.\n"
      "With ablate.preference_factors, it also writes preference_factor.csv and .svg (the paper's Fig. 1; drawn by gnuplot).\n"
      "Examples: qamro ablate examples/neural_codecs/recipe.toml --output ablation\n"
      "          qamro ablate examples/neural_codecs/all_losses.toml --output all_losses");
  return [options] { return run_ablation(*options); };
}

}  // namespace qamro::cli
