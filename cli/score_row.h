#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qamro/data/manifest.h"
#include "qamro/models/clip_encoding.h"
#include "qamro/models/predictor.h"

namespace qamro::cli {

// One output row, flat: {"path", "system"?, "<axis>": number, …, "duration_seconds"} or {"path", "error"}. A
// clip without the prompt that an axis needs has both: null for that axis, and an error that gives the
// reason. The keys that distinguish rows of one file ("id", "start_time", "end_time") are present if the
// input had them.
using Row = nlohmann::ordered_json;

// A clip, its encoded windows, and its prompt (null: not needed, or missing).
struct ScoredClip {
  const data::Clip& clip;
  const models::EncodedClip& encoded;
  const models::EncodedPrompt* prompt = nullptr;
};

Row error_row(const data::Clip& clip, const std::string& error);
Row score_row(const ScoredClip& scored, const models::Predictor& predictor);
// One row per window, with the window's start_time and end_time in the file.
std::vector<Row> window_rows(const ScoredClip& scored, const models::Predictor& predictor);

// The columns of these rows in csv.
std::vector<std::string> csv_columns(const models::Predictor& predictor, bool with_id, bool with_times);
std::vector<std::string> csv_fields(const Row& row, const std::vector<std::string>& columns);

}  // namespace qamro::cli
