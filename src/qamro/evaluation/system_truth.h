#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "qamro/evaluation/evaluate.h"

namespace qamro::evaluation {

// Reads listeners' opinions of whole systems on `axes`, in that order. The file is csv, tsv or JSONL with a
// column "system" (or "system_id") and one per axis; or the published MusicEval table, a csv without a
// header: the system, then one number per axis in the order of `axes`. Throws FileError, or InvalidInput that
// names file and line.
SystemTruth read_system_truth(const std::filesystem::path& path, const std::vector<std::string>& axes);

}  // namespace qamro::evaluation
