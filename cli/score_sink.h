#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qamro/data/answer_file.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/csv.h"

namespace qamro::cli {

// Where score rows go: standard output row by row, or a file that appears whole, with its provenance beside
// it.
class ScoreSink {
 public:
  // output: "" or "-" for standard output. format: "jsonl", "csv" or "answer" (of the AudioMOS challenge;
  // rows with an "error" have no place in it and are left out). columns: of csv, or the axes of an answer.
  // Throws FileError; InvalidInput for axes that no answer has.
  ScoreSink(const std::string& output, const std::string& format, std::vector<std::string> columns,
            nlohmann::ordered_json provenance);

  bool on_stdout() const { return file_ == nullptr; }
  void write(const nlohmann::ordered_json& row);
  // The file and its provenance take their names; nothing appears without it.
  void commit();

 private:
  std::ostream& stream();
  void write_answer(const nlohmann::ordered_json& row);

  std::string output_;
  std::string format_;
  std::vector<std::string> columns_;
  nlohmann::ordered_json provenance_;
  std::unique_ptr<io::AtomicFile> file_;
  std::unique_ptr<data::AnswerWriter> answer_;
};

}  // namespace qamro::cli
