#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "qamro/io/atomic_file.h"
#include "qamro/scoring/score_clips.h"

namespace qamro::scoring {

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
