#pragma once

#include <filesystem>
#include <string>

#include "qamro/plotting/chart.h"

namespace qamro::cli {

// The losses over epochs of every seed and fold in a run's metrics.jsonl, thin, and their means, thick; and
// the same of what early stopping watches, where that is no loss. `monitor` is its name as in a recipe; with
// `marks_best` each run's best epoch is marked. Runs of the final model are left out. Throws InvalidInput
// naming file and line for what is no line of metrics.
plotting::Chart learning_curves(const std::filesystem::path& metrics, const std::string& monitor,
                                bool marks_best);

}  // namespace qamro::cli
