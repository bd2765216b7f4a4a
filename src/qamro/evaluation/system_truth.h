#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "qamro/evaluation/evaluate.h"

namespace qamro::evaluation {

// Reads what listeners think of whole systems, for `axes` in their order: csv, tsv or JSONL with a column
// "system" (or "system_id") and one an axis; or the published MusicEval table, csv without a header: system,
// then one number an axis, in the order of `axes`. Throws FileError; InvalidInput that names file and line.
SystemTruth read_system_truth(const std::filesystem::path& path, const std::vector<std::string>& axes);

}  // namespace qamro::evaluation
