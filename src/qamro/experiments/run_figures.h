#pragma once

#include <filesystem>

#include "qamro/plotting/chart.h"
#include "qamro/report/report.h"
#include "qamro/training/recipe.h"

namespace qamro::experiments {

// Adds the contents of a folder of `qamro train` (learning curves, the model's card) or `qamro ablate` (its
// table and the preference factor's curve). Throws InvalidInput for a folder that holds neither, and for
// broken files in it.
void add_run(report::ReportData& data, const std::filesystem::path& run);

// plotting::learning_curves() of a run's folder, with what its recipe monitors.
plotting::Chart learning_curves_of_run(const std::filesystem::path& run, const training::Recipe& recipe);

}  // namespace qamro::experiments
