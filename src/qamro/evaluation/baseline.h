#pragma once

#include "qamro/evaluation/evaluate.h"

namespace qamro::evaluation {

// Floors for every model: predictors that hear no audio.
//   kLookup    the mean label of the clip's system over the training clips; of all training clips if that
//              system has no label. A model that does not beat it has learnt nothing but the systems
//   kConstant  the mean label of all training clips: what an MSE has to beat (it has no correlation)
enum class Baseline { kLookup, kConstant };

// "lookup", "constant".
const char* baseline_name(Baseline baseline);

// `scores` with the baseline's predictions instead of its own; NaN on axes without a training label. Axes of
// the training table are matched by name (see data/axis_name.h). Means are summed in the order of the
// training clips. Throws InvalidInput if the training table lacks an axis, if either side has no systems
// (kLookup), or if a clip (by its key) is in both.
JoinedScores baseline_scores(const JoinedScores& scores, const JoinedScores& train, Baseline baseline);

}  // namespace qamro::evaluation
