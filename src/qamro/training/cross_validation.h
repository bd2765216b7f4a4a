#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/heads/head_model.h"
#include "qamro/training/dataset.h"
#include "qamro/training/fold.h"
#include "qamro/training/recipe.h"
#include "qamro/training/run_model.h"
#include "qamro/training/trainer.h"

namespace qamro::training {

// The fold number of the final model's runs.
inline constexpr std::int64_t kFinalFold = -1;

// Reported after each epoch of a training run, and once when the run ends or turns out to be
// finished already.
struct RunProgress {
  std::int64_t seed = 0;
  std::int64_t fold = 0;               // or kFinalFold
  const EpochRecord* epoch = nullptr;  // null: the run has ended
  std::int64_t epochs_saved = 0;       // at the end: how many of max_epochs were not needed
};

struct ExecutionOptions {
  std::int64_t threads = 0;           // runs at the same time; 0: one per core. Does not change results.
  std::filesystem::path folder = {};  // "": everything stays in memory
  bool resume = false;                // use finished runs and checkpoints found in the folder
  bool keep_checkpoints = true;       // of finished runs
  std::function<void(const RunProgress&)> on_progress = {};  // called from several threads at a time
  RunModelFactory make_model = {};                           // empty: heads on the dataset's embeddings
  std::int64_t threads_per_run = 1;                          // cores per run
};

// The result of one seed on one fold.
struct FoldRun {
  std::int64_t seed = 0;
  std::int64_t fold = 0;
  FitResult fit;
  at::Tensor predictions;  // [test clips, axes] double, output scale
};

// How many of the runs were cut short (was_cut_short()).
struct RunEnds {
  std::int64_t runs = 0;
  std::int64_t cut_short = 0;
};

struct CrossValidation {
  std::vector<Fold> folds;
  std::vector<FoldRun> runs;  // seeds × folds, starting with all folds of the first seed
  at::Tensor per_seed;        // [seeds, n, axes] double, out of fold; NaN for clips that no fold tests
  at::Tensor out_of_fold;     // [n, axes], the mean of per_seed over seeds
  std::optional<heads::Familiarity> familiarity;
};

// The clips that each fold trains, validates and tests on.
std::vector<Fold> make_folds(const Recipe& recipe, const Dataset& dataset);

// What test clips share with the clips that their runs train or validate on: values of split.leakage_columns,
// and the audio.
std::vector<data::Leakage> find_leakage(const Dataset& dataset, const std::vector<Fold>& folds);
// If split.leakage is "error" and `found` is not empty, throws InvalidInput that lists it.
void refuse_leakage(const Recipe& recipe, const Dataset& dataset, const std::vector<data::Leakage>& found);

// Trains every seed on every fold. Means, deviations and target transforms are fitted on a fold's training
// clips alone; no information about a test clip reaches the run that scores it. The results are the same for
// any number of threads, and after any interruption followed by `resume`.
CrossValidation cross_validate(const Recipe& recipe, const Dataset& dataset, const std::vector<Fold>& folds,
                               const ExecutionOptions& options);

// A recipe with other losses, and the folder for the files of its runs ("": in memory).
struct LossVariant {
  std::vector<LossOptions> losses;
  std::filesystem::path folder;
};

// cross_validate() for each variant of the losses. The runs of all variants are one pool of jobs, so all
// cores stay busy until the last runs. Ignores options.folder.
std::vector<CrossValidation> cross_validate_losses(const Recipe& recipe,
                                                   std::span<const LossVariant> variants,
                                                   const Dataset& dataset, const std::vector<Fold>& folds,
                                                   const ExecutionOptions& options);

RunEnds run_ends(const Recipe& recipe, const CrossValidation& result);

// "training.max_epochs = 3 ended 4 of 8 runs while their validation loss still improved …"; "" if it ended
// none.
std::string describe(const RunEnds& ends, const TrainerOptions& options);

// The model for use: heads trained on all clips for the median of the folds' best epochs (max_epochs if
// patience is 0). There is one set of heads per seed, for the first model.ensemble seeds.
struct FinalModel {
  // Has no members if the heads are of another kind; name, encoder and axes still describe those in `runs`.
  heads::HeadModel heads;
  std::vector<std::unique_ptr<RunModel>> runs;  // one per seed; they hold everything that was trained
};
FinalModel train_final_model(const Recipe& recipe, const Dataset& dataset, const CrossValidation& folds,
                             const ExecutionOptions& options);

// The folder of one run. Each run has its own, so that other folds and seeds can run at the same time.
std::filesystem::path run_folder(const std::filesystem::path& folder, std::int64_t seed, std::int64_t fold);

// Stands for recipe and data: two runs with the same fingerprint, seed and fold give the same numbers.
std::string run_fingerprint(const Recipe& recipe, const Dataset& dataset);

}  // namespace qamro::training
