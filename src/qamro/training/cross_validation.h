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

#include "qamro/predictors/head_model.h"
#include "qamro/training/dataset.h"
#include "qamro/training/recipe.h"
#include "qamro/training/run_model.h"
#include "qamro/training/split.h"
#include "qamro/training/trainer.h"

namespace qamro::training {

// The number that stands for the final model in place of a fold's.
inline constexpr std::int64_t kFinalFold = -1;

// One training run among many, told after each of its epochs and once when it ends (or was found done).
struct RunProgress {
  std::int64_t seed = 0;
  std::int64_t fold = 0;               // or kFinalFold
  const EpochRecord* epoch = nullptr;  // null: the run has ended
  std::int64_t epochs_saved = 0;       // at the end: epochs of max_epochs that were not needed
};

struct ExecutionOptions {
  std::int64_t threads = 0;           // runs at the same time; 0: one a core. Same numbers for any.
  std::filesystem::path folder = {};  // "" keeps everything in memory
  bool resume = false;                // take over finished runs and checkpoints found in the folder
  bool keep_checkpoints = true;       // of finished runs
  std::function<void(const RunProgress&)> on_progress = {};  // from several threads at a time
  RunModelFactory make_model = {};                           // empty: heads on the dataset's embeddings
  std::int64_t threads_a_run = 1;                            // cores that one run computes with
};

// What a run of one seed on one fold gave.
struct FoldRun {
  std::int64_t seed = 0;
  std::int64_t fold = 0;
  FitResult fit;
  at::Tensor predictions;  // [test clips, axes] double, output scale
};

struct CrossValidation {
  std::vector<Fold> folds;
  std::vector<FoldRun> runs;  // seeds × folds, the folds of the first seed first
  at::Tensor per_seed;        // [seeds, n, axes] double, out of fold; NaN for clips that no fold tests
  at::Tensor out_of_fold;     // [n, axes], their mean over seeds
  std::optional<predictors::Familiarity> familiarity;
};

// Which clips each fold trains, validates and tests on.
std::vector<Fold> make_folds(const Recipe& recipe, const Dataset& dataset);

// What test clips share with clips that their runs train or validate on: split.leakage_columns, and the
// audio.
std::vector<data::Leakage> find_leakage(const Dataset& dataset, const std::vector<Fold>& folds);
// Throws InvalidInput that lists them where split.leakage is "error" and there are any.
void refuse_leakage(const Recipe& recipe, const Dataset& dataset, const std::vector<data::Leakage>& found);

// Trains every seed on every fold. Means, deviations and target transforms are fitted on a fold's training
// clips alone; nothing of a test clip reaches the run that scores it. Results are the same for any number of
// threads, and after any interruption followed by `resume`.
CrossValidation cross_validate(const Recipe& recipe, const Dataset& dataset, const std::vector<Fold>& folds,
                               const ExecutionOptions& options);

// A recipe with other losses, and where its runs keep their files ("": in memory).
struct LossVariant {
  std::vector<LossOptions> losses;
  std::filesystem::path folder;
};

// cross_validate for each variant of the losses. The runs of all of them are one pool of jobs, so that every
// core is busy until the last ones end; options.folder is not looked at.
std::vector<CrossValidation> cross_validate_losses(const Recipe& recipe,
                                                   std::span<const LossVariant> variants,
                                                   const Dataset& dataset, const std::vector<Fold>& folds,
                                                   const ExecutionOptions& options);

// The model for use: heads trained on all clips, one a seed (the first model.ensemble seeds), for the median
// of the folds' best epochs (max_epochs where patience is 0).
struct FinalModel {
  // Without members where the heads are of another kind: name, encoder and axes hold for those in `runs`.
  predictors::HeadModel heads;
  std::vector<std::unique_ptr<RunModel>> runs;  // one a seed; all that was trained is in them
};
FinalModel train_final_model(const Recipe& recipe, const Dataset& dataset, const CrossValidation& folds,
                             const ExecutionOptions& options);

// Where a run keeps its files; its own, so that other folds and seeds can go on beside it.
std::filesystem::path run_folder(const std::filesystem::path& folder, std::int64_t seed, std::int64_t fold);

// Names recipe and data: two runs with the same fingerprint, seed and fold give the same numbers.
std::string run_fingerprint(const Recipe& recipe, const Dataset& dataset);

}  // namespace qamro::training
