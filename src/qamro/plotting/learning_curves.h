#pragma once

#include <filesystem>
#include <string>

#include "qamro/plotting/chart.h"

namespace qamro::plotting {

// The losses over epochs from a run's metrics.jsonl: thin lines for every seed and fold, thick lines for the
// means. Also the value that early stopping watches, if it is not the loss. `monitor` is its name as in a
// recipe; with `marks_best` each run's best epoch is marked. Runs of the final model are left out. Throws
// InvalidInput that names file and line for a line that is not a line of metrics.
Chart learning_curves(const std::filesystem::path& metrics, const std::string& monitor, bool marks_best);

}  // namespace qamro::plotting
