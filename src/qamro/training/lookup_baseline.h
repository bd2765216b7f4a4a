#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "qamro/training/dataset.h"
#include "qamro/training/split.h"

namespace qamro::training {

// What a table without any audio would predict: for each test clip the mean label of its system over the
// fold's other clips (training and validation), or the mean of all of those where none has its system. A
// model that does not beat it has learnt the systems and nothing else. [n, axes] double, NaN for clips that
// no fold tests.
at::Tensor lookup_baseline(const Dataset& dataset, const std::vector<Fold>& folds);

}  // namespace qamro::training
