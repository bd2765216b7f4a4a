#include "qamro/scoring/score_sink.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "qamro/core/error.h"
#include "qamro/data/score_writers.h"
#include "qamro/io/csv.h"
#include "qamro/scoring/score_row.h"

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
