#pragma once

#include <filesystem>

#include "qamro/report/report.h"

namespace qamro::cli {

// Adds the contents of a folder of `qamro train` (learning curves, the model's card) or `qamro ablate` (its
// table and the preference factor's curve). Throws InvalidInput for a folder that holds neither, and for
// broken files in it.
void add_run(report::ReportData& data, const std::filesystem::path& run);

}  // namespace qamro::cli
