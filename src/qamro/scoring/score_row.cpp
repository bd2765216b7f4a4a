#include "qamro/scoring/score_row.h"

#include <algorithm>
#include <cmath>

#include "qamro/data/clip_names.h"
#include "qamro/data/column_names.h"
#include "qamro/data/seen_clips.h"

namespace qamro::scoring {
namespace {

Row start_row(const data::Clip& clip) {
  Row row;
  row["path"] = data::text_of_path(clip.path_as_given);
  if (clip.id) row["id"] = *clip.id;
  return row;
}

void add_scores(Row& row, const std::vector<std::string>& axes, const std::vector<double>& scores,
                double duration_seconds) {
  for (std::size_t axis = 0; axis < scores.size(); ++axis) row[axes[axis]] = scores[axis];
  row["duration_seconds"] = duration_seconds;
}

void add_conditions(Row& row, const std::optional<double>& familiarity, const audio::SoundProperties& sound) {
  if (familiarity) row["familiarity"] = *familiarity;
  row["sample_rate_hz"] = sound.sample_rate_hz;
  row["channels"] = sound.channels;
}

Row clip_row(const ClipScores& scores, const std::vector<std::string>& axes) {
  const data::Clip& clip = scores.clip;
  Row row = start_row(clip);
  if (clip.system) row["system"] = *clip.system;
  if (clip.start_seconds) row["start_time"] = *clip.start_seconds;
  if (clip.end_seconds) row["end_time"] = *clip.end_seconds;
  add_scores(row, axes, scores.scores, scores.duration_seconds);
  add_conditions(row, scores.familiarity, scores.sound);
  row["level_db"] = scores.sound.level_db;
  return row;
}

// Without a level: the one that is known is the whole clip's.
Row window_row(const ClipScores& scores, const WindowScores& window, const std::vector<std::string>& axes) {
  const data::Clip& clip = scores.clip;
  Row row = start_row(clip);
  if (clip.system) row["system"] = *clip.system;
  row["start_time"] = window.start_seconds;
  row["end_time"] = window.end_seconds;
  add_scores(row, axes, window.scores, window.duration_seconds);
  add_conditions(row, window.familiarity, scores.sound);
  return row;
}

}  // namespace

std::vector<Row> rows_of(const ClipScores& scores, const std::vector<std::string>& axes) {
  std::vector<Row> rows;
  if (scores.scores.empty()) {
    rows.push_back(start_row(scores.clip));
  } else if (scores.windows.empty()) {
    rows.push_back(clip_row(scores, axes));
  } else {
    for (const WindowScores& window : scores.windows) rows.push_back(window_row(scores, window, axes));
  }
  if (!scores.sound.note.empty())
    for (Row& row : rows) row["note"] = scores.sound.note;
  if (scores.in_training)
    for (Row& row : rows) row[data::kInTraining] = true;
  if (!scores.error.empty())
    for (Row& row : rows) row["error"] = scores.error;
  return rows;
}

std::vector<std::string> csv_columns(std::span<const data::Clip> clips, const std::vector<std::string>& axes,
                                     bool with_windows, bool knows_training) {
  const auto any = [&](auto&& has) { return std::any_of(clips.begin(), clips.end(), has); };
  std::vector<std::string> columns = {"path"};
  if (any([](const data::Clip& clip) { return clip.id.has_value(); })) columns.emplace_back("id");
  columns.emplace_back("system");
  if (with_windows || any([](const data::Clip& clip) { return clip.start_seconds || clip.end_seconds; }))
    columns.insert(columns.end(), {"start_time", "end_time"});
  columns.insert(columns.end(), axes.begin(), axes.end());
  columns.emplace_back("duration_seconds");
  for (const std::string_view column : data::kConditionColumns)
    if (!with_windows || column != "level_db") columns.emplace_back(column);
  if (knows_training) columns.emplace_back(data::kInTraining);
  columns.emplace_back("error");
  return columns;
}

std::vector<std::string> csv_fields(const Row& row, const std::vector<std::string>& columns) {
  std::vector<std::string> fields;
  for (const auto& column : columns) {
    const auto entry = row.find(column);
    if (entry == row.end() || (entry->is_number_float() && !std::isfinite(entry->get<double>()))) {
      fields.emplace_back();
    } else {
      fields.push_back(entry->is_string() ? entry->get<std::string>() : entry->dump());
    }
  }
  return fields;
}

}  // namespace qamro::scoring
