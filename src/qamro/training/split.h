#pragma once

#include "qamro/data/split.h"

namespace qamro::training {

// Which clips a run trains, validates and tests on is the data's affair; recipes and runs speak of it as
// theirs.
using data::Fold;
using data::SplitKind;
using data::SplitOptions;

}  // namespace qamro::training
