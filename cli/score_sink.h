#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qamro/data/answer_file.h"
#include "qamro/data/audio_aes_file.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/csv.h"

namespace qamro::cli {

// Destination of score rows: standard output row by row, or a file that appears whole, with its provenance
// beside it.
class ScoreSink {
 public:
  // output: "" or "-" for standard output. format: "jsonl", "csv", "answer" (of the AudioMOS challenge; it
  // cannot hold rows with an "error", which are left out) or "audio-aes". columns: for csv its columns,
  // otherwise the model's axes. Throws FileError; InvalidInput for axes that the format does not know.
  ScoreSink(const std::string& output, const std::string& format, std::vector<std::string> columns);

  bool on_stdout() const { return file_ == nullptr; }
  void write(const nlohmann::ordered_json& row);
  // Gives the file and its provenance their final names. Without this call no file appears.
  void commit(const nlohmann::ordered_json& provenance);

 private:
  std::ostream& stream();
  void write_answer(const nlohmann::ordered_json& row);
  void write_audio_aes(const nlohmann::ordered_json& row);
  std::vector<double> scores_of(const nlohmann::ordered_json& row) const;

  std::string output_;
  std::string format_;
  std::vector<std::string> columns_;
  std::unique_ptr<io::AtomicFile> file_;
  std::unique_ptr<data::AnswerWriter> answer_;
  std::unique_ptr<data::AudioAesWriter> audio_aes_;
};

}  // namespace qamro::cli
