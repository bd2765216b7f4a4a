#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "qamro/training/dataset.h"
#include "qamro/training/split.h"

namespace qamro::training {

// The predictions of a table without any audio. A test clip gets the mean label of its system over the fold's
// training clips, or the mean over all training clips if none has its system. A model that does not beat this
// has learnt only the systems. [n, axes] double, NaN for clips that no fold tests.
at::Tensor lookup_baseline(const Dataset& dataset, const std::vector<Fold>& folds);

// The mean label of the fold's training clips, for every clip: the MSE to beat. Shape and NaN as above.
at::Tensor constant_baseline(const Dataset& dataset, const std::vector<Fold>& folds);

}  // namespace qamro::training
