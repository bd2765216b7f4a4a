#include "qamro/scoring/score_sink.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "qamro/core/error.h"
#include "qamro/data/clip_names.h"
#include "qamro/data/column_names.h"
#include "qamro/data/score_writers.h"
#include "qamro/data/training_clips.h"
#include "qamro/io/csv.h"

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
  columns.insert(columns.end(), {"note", "error"});
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

using Json = nlohmann::ordered_json;

ScoreSink::ScoreSink(const std::string& output, std::ostream& standard_output, const std::string& format,
                     const RowPlan& plan)
    : output_(output == "-" ? "" : output), standard_output_(standard_output) {
  if (!output_.empty()) file_ = std::make_unique<io::AtomicFile>(output_);
  format_ = open_format(format, file_ ? file_->stream() : standard_output_, plan);
}

void ScoreSink::write(const ClipScores& scores) {
  format_->write(scores);
  if (!file_ && !standard_output_.flush()) throw FileError("standard output: cannot be written");
}

void ScoreSink::commit(const Json& provenance) {
  if (!file_) return;
  file_->commit();
  if (!std::filesystem::is_regular_file(output_)) return;  // /dev/null or a pipe: no file beside it
  io::AtomicFile beside(output_ + ".provenance.json");
  beside.stream() << provenance.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  beside.commit();
}

namespace {

class JsonLines : public ScoreFormat {
 public:
  JsonLines(std::ostream& stream, const RowPlan& plan) : stream_(stream), axes_(plan.axes) {}
  void write(const ClipScores& scores) override {
    // A path that is not UTF-8 is kept, with U+FFFD for what JSON cannot hold.
    for (const Row& row : rows_of(scores, axes_))
      stream_ << row.dump(-1, ' ', false, Row::error_handler_t::replace) << '\n';
  }

 private:
  std::ostream& stream_;
  std::vector<std::string> axes_;
};

class Csv : public ScoreFormat {
 public:
  Csv(std::ostream& stream, const RowPlan& plan)
      : stream_(stream),
        axes_(plan.axes),
        columns_(csv_columns(plan.clips, plan.axes, plan.windows, plan.knows_training)) {
    io::CsvWriter(stream_).write(columns_);
  }
  void write(const ClipScores& scores) override {
    for (const Row& row : rows_of(scores, axes_)) io::CsvWriter(stream_).write(csv_fields(row, columns_));
  }

 private:
  std::ostream& stream_;
  std::vector<std::string> axes_;
  std::vector<std::string> columns_;
};

std::string answer_id_of(const data::Clip& clip) {
  return clip.id.value_or(data::answer_id(clip.path_as_given));
}

// Checked before hours of scoring, because an answer may name each clip only once.
void check_answer_ids(std::span<const data::Clip> clips) {
  std::map<std::string, std::string> path_of;
  for (const data::Clip& clip : clips) {
    const std::string id = answer_id_of(clip);
    const auto [found, is_new] = path_of.emplace(id, clip.path_as_given);
    if (!is_new && clip.error.empty())
      throw InvalidInput(fmt::format("--format answer: expected every clip once, got '{}' from {} and {}", id,
                                     found->second, clip.path_as_given));
  }
}

class Answer : public ScoreFormat {
 public:
  Answer(std::ostream& stream, const RowPlan& plan) : writer_(stream, plan.axes) {
    check_answer_ids(plan.clips);
  }
  void write(const ClipScores& scores) override {
    if (!scores.error.empty()) return;
    writer_.write(answer_id_of(scores.clip), scores.scores);
  }

 private:
  data::AnswerWriter writer_;
};

class AudioAes : public ScoreFormat {
 public:
  AudioAes(std::ostream& stream, const RowPlan& plan) : writer_(stream, plan.axes) {}
  void write(const ClipScores& scores) override {
    if (scores.error.empty())
      writer_.write(scores.scores);
    else
      writer_.write_error(scores.error);
  }

 private:
  data::AudioAesWriter writer_;
};

using Open = std::unique_ptr<ScoreFormat> (*)(std::ostream&, const RowPlan&);

template <typename Format>
std::unique_ptr<ScoreFormat> open_as(std::ostream& stream, const RowPlan& plan) {
  return std::make_unique<Format>(stream, plan);
}

struct FormatEntry {
  const char* name;
  bool holds_windows;
  bool holds_errors;
  Open open;
};

constexpr std::array kFormats = {
    FormatEntry{"jsonl", true, true, open_as<JsonLines>},
    FormatEntry{"csv", true, true, open_as<Csv>},
    FormatEntry{"answer", false, false, open_as<Answer>},
    FormatEntry{"audio-aes", false, true, open_as<AudioAes>},
};

const FormatEntry& find_format(const std::string& name) {
  const auto found =
      std::find_if(kFormats.begin(), kFormats.end(), [&](const auto& format) { return format.name == name; });
  if (found == kFormats.end())
    throw InvalidInput(
        fmt::format("format: expected one of {}, got '{}'", fmt::join(score_formats(), ", "), name));
  return *found;
}

}  // namespace

std::vector<std::string> score_formats() {
  std::vector<std::string> names;
  names.reserve(kFormats.size());
  for (const FormatEntry& format : kFormats) names.emplace_back(format.name);
  return names;
}

bool holds_windows(const std::string& format) {
  return find_format(format).holds_windows;
}

bool holds_errors(const std::string& format) {
  return find_format(format).holds_errors;
}

std::unique_ptr<ScoreFormat> open_format(const std::string& name, std::ostream& stream, const RowPlan& plan) {
  return find_format(name).open(stream, plan);
}

}  // namespace qamro::scoring
