#pragma once

#include "qamro/data/split.h"

namespace qamro::training {

// The split of clips into training, validation and test belongs to the data; recipes and runs use its
// names here.
using data::Fold;
using data::SplitKind;
using data::SplitOptions;

}  // namespace qamro::training
