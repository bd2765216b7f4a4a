#include "cli/score_sink.h"

#include <iostream>

#include "cli/score_row.h"
#include "qamro/core/error.h"

namespace qamro::cli {

using Json = nlohmann::ordered_json;

ScoreSink::ScoreSink(const std::string& output, const std::string& format, std::vector<std::string> columns)
    : output_(output), format_(format), columns_(std::move(columns)) {
  if (!output.empty() && output != "-") file_ = std::make_unique<io::AtomicFile>(output);
  if (format_ == "csv") io::CsvWriter(stream()).write(columns_);
  if (format_ == "answer") answer_ = std::make_unique<data::AnswerWriter>(stream(), columns_);
  if (format_ == "audio-aes") audio_aes_ = std::make_unique<data::AudioAesWriter>(stream(), columns_);
}

std::ostream& ScoreSink::stream() {
  return file_ ? file_->stream() : std::cout;
}

std::vector<double> ScoreSink::scores_of(const Json& row) const {
  std::vector<double> scores;
  for (const std::string& axis : columns_) scores.push_back(row.at(axis).get<double>());
  return scores;
}

void ScoreSink::write_answer(const Json& row) {
  if (row.contains("error")) return;
  answer_->write(row.contains("id") ? row.at("id").get<std::string>()
                                    : data::answer_id(row.at("path").get<std::string>()),
                 scores_of(row));
}

void ScoreSink::write_audio_aes(const Json& row) {
  if (row.contains("error")) {
    audio_aes_->write_error(row.at("error").get<std::string>());
  } else {
    audio_aes_->write(scores_of(row));
  }
}

void ScoreSink::write(const Json& row) {
  if (answer_) {
    write_answer(row);
  } else if (audio_aes_) {
    write_audio_aes(row);
  } else if (format_ == "csv") {
    io::CsvWriter(stream()).write(csv_fields(row, columns_));
  } else {
    // A path that is not UTF-8 is kept, with U+FFFD for what JSON cannot hold.
    stream() << row.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  }
  if (on_stdout() && !std::cout.flush()) throw FileError("standard output: cannot be written");
}

void ScoreSink::commit(const Json& provenance) {
  if (!file_) return;
  file_->commit();
  if (!std::filesystem::is_regular_file(output_)) return;  // /dev/null or a pipe: no file beside it
  io::AtomicFile beside(output_ + ".provenance.json");
  beside.stream() << provenance.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  beside.commit();
}

}  // namespace qamro::cli
