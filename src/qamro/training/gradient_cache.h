#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "qamro/training/objective.h"
#include "qamro/training/run_model.h"

namespace qamro::training {

// The objective of a batch, as a function of its predictions [clips, axes].
using BatchObjective = std::function<Objective::Value(const at::Tensor& predictions)>;

// Runs a model over a batch, `micro_batch` clips at a time (0: all at once), and adds the objective's
// gradients to those of the parameters.
//
// A ranking loss couples all clips of a batch, so summing the gradients of parts would optimise another
// loss. Instead, all parts first run without a graph. The objective of all predictions then gives its
// derivative by each prediction. Finally every part runs again with its graph and its share of that
// derivative. The gradients are those of the whole batch, with the memory of one part, for one more forward
// pass (the "gradient cache" of Gao et al., RepL4NLP 2021). Dropout masks are drawn once for the batch and
// used in both passes.
Objective::Value accumulate_gradients(TrainableModel& model, std::span<const std::int64_t> clips,
                                      const std::vector<at::Tensor>& dropout, std::int64_t micro_batch,
                                      const BatchObjective& objective);

// Predictions without a graph and without dropout, `micro_batch` clips at a time; [clips, axes].
at::Tensor predict(TrainableModel& model, std::span<const std::int64_t> clips, std::int64_t micro_batch);

}  // namespace qamro::training
