#pragma once

#include <optional>
#include <vector>

#include "qamro/predictors/head_model.h"
#include "qamro/training/dataset.h"
#include "qamro/training/recipe.h"
#include "qamro/training/split.h"
#include "qamro/training/trainer.h"

namespace qamro::training {

// A fold's clips as the trainer takes them; everything is fitted on the training clips.
struct PreparedFold {
  predictors::Standardiser standardiser;                // of mlp heads
  std::vector<predictors::TargetTransform> transforms;  // one an axis
  // Of mlp heads [all clips, dim], standardised. Of other heads the dataset's embeddings as they are;
  // they have no test_inputs.
  at::Tensor inputs;
  Examples train;  // clips by their number in the dataset
  Examples validation;
  std::vector<std::int64_t> test_clips;
  at::Tensor test_inputs;      // [test clips, dim]
  at::Tensor test_embeddings;  // the same, not standardised
};

// How far from their training clips the test clips of the folds lie, at recipe.model.familiar_quantile;
// nothing where the recipe names no fallback column. Looks at no label. Throws InvalidInput for a column that
// is not there.
std::optional<predictors::Familiarity> fit_familiarity(const Recipe& recipe,
                                                       const std::vector<PreparedFold>& folds);

PreparedFold prepare_fold(const Recipe& recipe, const Dataset& dataset, const Fold& fold);

}  // namespace qamro::training
