#include "cli/commands.h"

#include <fmt/format.h>

#include <memory>

#include "cli/recipe_options.h"
#include "cli/report_options.h"
#include "cli/terminal.h"
#include "qamro/evaluation/output/results_text.h"
#include "qamro/experiments/run_figures.h"
#include "qamro/experiments/training_run.h"
#include "qamro/training/run_folder.h"

namespace qamro::cli {
namespace {

experiments::TrainingSource load_source(const training::Recipe& recipe) {
  if (recipe.data.audio.empty()) return experiments::load_training_source(recipe);
  Progress progress("reading audio", 0, "clips");
  return experiments::load_training_source(recipe, [&] { progress.advance(); });
}

int run_training(const RecipeOptions& options) {
  const training::Recipe recipe = options.load();
  const experiments::TrainingSource source = load_source(recipe);
  const auto folds = training::make_folds(recipe, source.dataset);
  check_leakage(recipe, source.dataset, folds);
  const std::filesystem::path output = options.output;
  say_when_interrupted("qamro train: interrupted; finished epochs and runs are kept: continue with --resume");
  const io::WriterLock lock = training::open_run_folder(
      output, recipe, training::run_fingerprint(recipe, source.dataset), options.resume);

  Progress progress("training", experiments::max_total_epochs(recipe, source, folds), "epochs");
  const experiments::TrainedModel trained =
      experiments::train_model(recipe, source, folds, output, options.resume, progress_callback(progress));
  progress.finish();
  if (const std::string cut = describe(trained.ends, recipe.trainer); !cut.empty())
    fmt::print(stderr, "warning: {}\n", cut);
  draw_picture(experiments::learning_curves_of_run(output, recipe), output / "learning_curves.svg");

  fmt::print("{} clips, {} folds by {}, {} seeds; out of fold, intervals over {}:\n\n{}\n",
             source.dataset.size(), folds.size(), recipe.split.group, recipe.seeds.size(), recipe.split.group,
             evaluation::render_evaluation(trained.out_of_fold));
  fmt::print("Model of {} head set{}{} in {}\n", recipe.members(), recipe.members() == 1 ? "" : "s",
             source.encoder ? " and its encoder" : "", trained.folder.string());
  return ExitCode::kAllDone;
}

}  // namespace

std::function<int()> add_train_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "train", "Train heads on frozen embeddings, or a whole encoder on audio, from a recipe");
  const auto options = std::make_shared<RecipeOptions>();
  options->add_to(*command);
  command->footer(
      "Writes into the output folder: recipe.toml (all keys), metrics.jsonl (one line per epoch),\n"
      "out_of_fold.csv (predictions by heads that have not seen the clip), answer.txt (the same in the format of\n"
      "the AudioMOS challenge, if the axes are the challenge's), folds/ (checkpoints), model/ (for --model) and\n"
      "learning_curves.svg (losses and the monitored metric of every seed and fold; drawn by gnuplot).\n"
      "Example: qamro train examples/neural_codecs/recipe.toml --output my_heads\n"
      "         qamro score clips/ --model my_heads/model");
  return [options] { return run_training(*options); };
}

}  // namespace qamro::cli
