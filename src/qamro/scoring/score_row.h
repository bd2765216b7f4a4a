#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "qamro/scoring/score_clips.h"

namespace qamro::scoring {

// One output row, flat: {"path", "system"?, "<axis>": number, …, "duration_seconds", "familiarity"?,
// "sample_rate_hz", "channels", "level_db"} or {"path", "error"}. A
// clip without the prompt that an axis needs has both: null for that axis, and an error that gives the
// reason. "note": what was odd about the file and how it was read all the same. "in_training": true if the
// model was trained on the clip. The keys that distinguish rows of one file ("id", "start_time", "end_time")
// are present if the input had them.
using Row = nlohmann::ordered_json;

// One row, or one per window, with the window's start_time and end_time in the file, if the windows were
// scored. `axes`: the names of the model's axes. NaN and infinity are null when a row is printed.
std::vector<Row> rows_of(const ClipScores& scores, const std::vector<std::string>& axes);

// The columns of these rows in csv. with_windows: one row per window. knows_training: whether the model knows
// its training clips.
std::vector<std::string> csv_columns(std::span<const data::Clip> clips, const std::vector<std::string>& axes,
                                     bool with_windows, bool knows_training = false);
std::vector<std::string> csv_fields(const Row& row, const std::vector<std::string>& columns);

}  // namespace qamro::scoring
