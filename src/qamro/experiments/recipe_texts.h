#pragma once

#include <string_view>

#include "qamro/experiments/experiment_data.h"

namespace qamro::experiments {

// The recipe of examples/ that belongs to the data, as text.
std::string_view recipe_text(DataKind kind);

}  // namespace qamro::experiments
