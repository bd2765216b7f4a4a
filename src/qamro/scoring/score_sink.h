#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "qamro/io/atomic_file.h"
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

// What is known of a run's rows before the first one.
struct RowPlan {
  std::vector<std::string> axes = {};  // of the model
  std::span<const data::Clip> clips = {};
  bool windows = false;         // a row per window
  bool knows_training = false;  // the model knows its training clips
};

// How clips are written to a stream, which must outlive it. A new format is such a class and a line in the
// table in score_sink.cpp.
class ScoreFormat {
 public:
  virtual ~ScoreFormat() = default;
  virtual void write(const ClipScores& scores) = 0;
};

// The names of the formats: "jsonl", "csv", "answer" (of the AudioMOS challenge; it cannot hold clips with an
// error, which are left out) and "audio-aes".
std::vector<std::string> score_formats();
// Whether a format has one row per clip only, so that it cannot hold windows.
bool holds_windows(const std::string& format);
// Whether a format says which clips failed and why. "answer" leaves them out. Throws InvalidInput for an
// unknown name, as holds_windows() does.
bool holds_errors(const std::string& format);
// Throws InvalidInput for an unknown name, for axes that the format does not know, and for clips of the same
// id if the format may name each clip only once.
std::unique_ptr<ScoreFormat> open_format(const std::string& name, std::ostream& stream, const RowPlan& plan);

// Destination of scores: a stream, clip by clip, or a file that appears whole, with its provenance beside it.
class ScoreSink {
 public:
  // output: the file; "" or "-" for `standard_output`, which must outlive the sink. Throws FileError, and
  // what open_format() throws.
  ScoreSink(const std::string& output, std::ostream& standard_output, const std::string& format,
            const RowPlan& plan);

  // The file's name; empty if the rows go to standard output.
  const std::string& file() const { return output_; }
  // Throws FileError if standard output cannot be written.
  void write(const ClipScores& scores);
  // Gives the file and its provenance their final names. Without this call no file appears.
  void commit(const nlohmann::ordered_json& provenance);

 private:
  std::string output_;
  std::ostream& standard_output_;
  std::unique_ptr<io::AtomicFile> file_;
  std::unique_ptr<ScoreFormat> format_;
};

}  // namespace qamro::scoring
