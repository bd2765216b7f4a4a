#pragma once

#include <vector>

#include "qamro/predictors/head_model.h"
#include "qamro/training/dataset.h"
#include "qamro/training/recipe.h"
#include "qamro/training/split.h"
#include "qamro/training/trainer.h"

namespace qamro::training {

// A fold's clips as the trainer takes them; everything is fitted on the training clips.
struct PreparedFold {
  predictors::Standardiser standardiser;
  std::vector<predictors::TargetTransform> transforms;  // one an axis
  Examples train;
  Examples validation;
  at::Tensor test_inputs;  // [test clips, dim]
};

PreparedFold prepare_fold(const Recipe& recipe, const Dataset& dataset, const Fold& fold);

}  // namespace qamro::training
