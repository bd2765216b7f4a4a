#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qamro/data/manifest.h"
#include "qamro/predictors/clip_encoding.h"
#include "qamro/predictors/predictor.h"

namespace qamro::cli {

// One output row: flat, {"path", "system"?, "<axis>": number, …, "duration_seconds"} or {"path", "error"}. A
// clip without the prompt that an axis needs has both: null for that axis, and an error that says why. What
// tells rows of one file apart ("id", "start_time", "end_time") is there when the input had it.
using Row = nlohmann::ordered_json;

// A clip, what its encoder made of it, and its prompt (null: it needs none, or has none).
struct ScoredClip {
  const data::Clip& clip;
  const predictors::EncodedClip& encoded;
  const predictors::EncodedPrompt* prompt = nullptr;
};

Row error_row(const data::Clip& clip, const std::string& error);
Row score_row(const ScoredClip& scored, const predictors::Predictor& predictor);
// One row a window, each with the window's start_time and end_time in the file.
std::vector<Row> window_rows(const ScoredClip& scored, const predictors::Predictor& predictor);

// The columns of the same rows as csv.
std::vector<std::string> csv_columns(const predictors::Predictor& predictor, bool with_id, bool with_times);
std::vector<std::string> csv_fields(const Row& row, const std::vector<std::string>& columns);

}  // namespace qamro::cli
