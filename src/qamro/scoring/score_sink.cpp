#include "qamro/scoring/score_sink.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "qamro/core/error.h"

namespace qamro::scoring {

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

}  // namespace qamro::scoring
