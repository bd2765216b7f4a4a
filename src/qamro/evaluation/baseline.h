#pragma once

#include "qamro/evaluation/evaluate.h"

namespace qamro::evaluation {

// Floors under every model: predictors that hear nothing.
//   kLookup    the mean label of the clip's system over the training clips, or of all of them where none has
//              its system. A model that does not beat it has learnt the systems and nothing else
//   kConstant  the mean label of all training clips: what an MSE has to beat (it has no correlation)
enum class Baseline { kLookup, kConstant };

// "lookup", "constant".
const char* baseline_name(Baseline baseline);

// `scores` with the baseline's predictions in place of theirs, NaN on axes without a training label. Training
// axes are matched by name (see data/axis_name.h). Means are added up in the order of the training clips.
// Throws InvalidInput: an axis that training lacks, systems that either side lacks (kLookup), a clip that is
// in both (by its key).
JoinedScores baseline_scores(const JoinedScores& scores, const JoinedScores& train, Baseline baseline);

}  // namespace qamro::evaluation
