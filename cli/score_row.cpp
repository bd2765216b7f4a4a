#include "cli/score_row.h"

#include <fmt/format.h>

#include <cmath>

namespace qamro::cli {
namespace {

Row start_row(const data::Clip& clip) {
  Row row;
  row["path"] = clip.path_as_given;
  if (clip.id) row["id"] = *clip.id;
  return row;
}

std::span<const float> prompt_vector(const ScoredClip& scored) {
  if (scored.prompt == nullptr) return {};
  return scored.prompt->vector;
}

// NaN and infinity are written as null.
void add_scores(Row& row, const models::Predictor& predictor, const models::WindowVectors& clip) {
  const auto scores = predictor.score(clip);
  for (std::size_t axis = 0; axis < scores.size(); ++axis) row[predictor.axes()[axis].name] = scores[axis];
}

std::string why_no_prompt(const ScoredClip& scored) {
  if (scored.prompt != nullptr) return scored.prompt->error;
  if (!scored.clip.prompt_error.empty()) return scored.clip.prompt_error;
  return "it has none (--prompts FILE, --prompt TEXT or a manifest's 'prompt' give one)";
}

void add_prompt_error(Row& row, const models::Predictor& predictor, const ScoredClip& scored) {
  if (predictor.text_encoder() == nullptr || !prompt_vector(scored).empty()) return;
  for (const auto& axis : predictor.axes())
    if (std::isnan(row.at(axis.name).get<double>()))
      row["error"] = fmt::format("{}: its {} needs a prompt: {}", scored.clip.path_as_given, axis.name,
                                 why_no_prompt(scored));
}

}  // namespace

Row error_row(const data::Clip& clip, const std::string& error) {
  Row row = start_row(clip);
  row["error"] = error;
  return row;
}

Row score_row(const ScoredClip& scored, const models::Predictor& predictor) {
  const auto& [clip, encoded, prompt] = scored;
  Row row = start_row(clip);
  if (clip.system) row["system"] = *clip.system;
  if (clip.start_seconds) row["start_time"] = *clip.start_seconds;
  if (clip.end_seconds) row["end_time"] = *clip.end_seconds;
  add_scores(row, predictor, {encoded.vectors, encoded.windows, prompt_vector(scored)});
  row["duration_seconds"] = encoded.duration_seconds;
  add_prompt_error(row, predictor, scored);
  return row;
}

std::vector<Row> window_rows(const ScoredClip& scored, const models::Predictor& predictor) {
  const auto& [clip, encoded, prompt] = scored;
  std::vector<Row> rows;
  const double rate = encoded.sample_rate_hz;
  const double offset = clip.start_seconds.value_or(0);
  for (std::size_t i = 0; i < encoded.windows.size(); ++i) {
    const auto& window = encoded.windows[i];
    Row row = start_row(clip);
    if (clip.system) row["system"] = *clip.system;
    const auto start = static_cast<double>(window.start_sample);
    const auto length = static_cast<double>(window.length_samples);
    row["start_time"] = offset + start / rate;
    row["end_time"] = offset + (start + length) / rate;
    add_scores(row, predictor, {{&encoded.vectors[i], 1}, {&window, 1}, prompt_vector(scored)});
    row["duration_seconds"] = length / rate;
    add_prompt_error(row, predictor, scored);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<std::string> csv_columns(const models::Predictor& predictor, bool with_id, bool with_times) {
  std::vector<std::string> columns = {"path"};
  if (with_id) columns.emplace_back("id");
  columns.emplace_back("system");
  if (with_times) columns.insert(columns.end(), {"start_time", "end_time"});
  for (const auto& axis : predictor.axes()) columns.push_back(axis.name);
  columns.insert(columns.end(), {"duration_seconds", "error"});
  return columns;
}

std::vector<std::string> csv_fields(const Row& row, const std::vector<std::string>& columns) {
  std::vector<std::string> fields;
  for (const auto& column : columns) {
    const auto entry = row.find(column);
    if (entry == row.end() || entry->is_null() ||
        (entry->is_number_float() && std::isnan(entry->get<double>()))) {
      fields.emplace_back();
    } else {
      fields.push_back(entry->is_string() ? entry->get<std::string>() : entry->dump());
    }
  }
  return fields;
}

}  // namespace qamro::cli
