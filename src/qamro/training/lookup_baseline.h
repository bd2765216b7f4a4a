#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "qamro/training/dataset.h"
#include "qamro/training/split.h"

namespace qamro::training {

// What a table without any audio would predict: for each test clip the mean label of its system over the
// fold's training clips, or the mean of all of those where none has its system. A model that does not beat it
// has learnt the systems and nothing else. [n, axes] double, NaN for clips that no fold tests.
at::Tensor lookup_baseline(const Dataset& dataset, const std::vector<Fold>& folds);

// The mean label of the fold's training clips, whatever the clip: what an MSE has to beat. As above.
at::Tensor constant_baseline(const Dataset& dataset, const std::vector<Fold>& folds);

}  // namespace qamro::training
