#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "qamro/heads/head_model.h"
#include "qamro/training/dataset.h"
#include "qamro/training/recipe.h"
#include "qamro/training/trainer.h"

namespace qamro::training {

// A fold's clips, ready for the trainer. Everything is fitted on the training clips.
struct PreparedFold {
  heads::Standardiser standardiser;                // for mlp heads
  std::vector<heads::TargetTransform> transforms;  // one per axis
  // For mlp heads: [all clips, dim], standardised. For other heads: the dataset's embeddings, unchanged; they
  // have no test_inputs.
  at::Tensor inputs;
  Examples train;  // clips by their index in the dataset
  Examples validation;
  std::vector<std::int64_t> test_clips;
  at::Tensor test_inputs;      // [test clips, dim]
  at::Tensor test_embeddings;  // the same clips, not standardised
};

// Fits the distance of the folds' test clips from their training clips, at quantile
// recipe.model.familiar_quantile. Empty if the recipe sets no fallback column. Does not use labels. Throws
// InvalidInput if that column does not exist.
std::optional<heads::Familiarity> fit_familiarity(const Recipe& recipe,
                                                  const std::vector<PreparedFold>& folds);

PreparedFold prepare_fold(const Recipe& recipe, const Dataset& dataset, const Fold& fold);

// The part of a finished run that is kept in its folder's result.json.
struct FoldResult {
  FitResult fit;
  at::Tensor predictions;  // [test clips, axes] double
};

// Empty if there is no result yet. Throws CheckpointError for a result with another fingerprint or shape, or
// one that cannot be read.
std::optional<FoldResult> load_fold_result(const std::filesystem::path& folder,
                                           const std::string& fingerprint, std::array<std::int64_t, 2> shape);

// Writes a temporary file, then renames it. Without keep_checkpoints, removes the run's checkpoint
// after that.
void save_fold_result(const std::filesystem::path& folder, const std::string& fingerprint,
                      const FoldResult& result, bool keep_checkpoints);

// Also needed for a run that was killed after it wrote its result.
void drop_checkpoint(const std::filesystem::path& folder);

// The predictions of a table without any audio. A test clip gets the mean label of its system over the fold's
// training clips, or the mean over all training clips if none has its system. A model that does not beat this
// has learnt only the systems. [n, axes] double, NaN for clips that no fold tests.
at::Tensor lookup_baseline(const Dataset& dataset, const std::vector<Fold>& folds);

// The mean label of the fold's training clips, for every clip: the MSE to beat. Shape and NaN as above.
at::Tensor constant_baseline(const Dataset& dataset, const std::vector<Fold>& folds);

}  // namespace qamro::training
