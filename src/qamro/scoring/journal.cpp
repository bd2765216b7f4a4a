#include "qamro/scoring/journal.h"

#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/io/json_reader.h"

namespace qamro::scoring {

using Json = nlohmann::ordered_json;

namespace {

void write_line(std::FILE* file, const Json& json, const std::filesystem::path& path) {
  const std::string line = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  if (std::fwrite(line.data(), 1, line.size(), file) != line.size() || std::fflush(file) != 0)
    throw FileError(describe_errno(path.string(), errno));
}

Json header_of(const JournalSettings& settings) {
  Json header = {{"journal_of", settings.digest}};
  if (settings.windows) header["windows"] = true;
  return header;
}

// Minus infinity, the level of silence, is null in a journal, as NaN is.
Json sound_json(const audio::SoundProperties& sound) {
  Json json = {
      {"sample_rate_hz", sound.sample_rate_hz}, {"channels", sound.channels}, {"level_db", sound.level_db}};
  if (!sound.note.empty()) json["note"] = sound.note;
  return json;
}

void add_familiarity(Json& line, const std::optional<double>& familiarity) {
  if (familiarity) line["familiarity"] = *familiarity;
}

Json window_json(const WindowScores& window) {
  Json json = {{"start_time", window.start_seconds},
               {"end_time", window.end_seconds},
               {"duration_seconds", window.duration_seconds},
               {"scores", window.scores}};
  add_familiarity(json, window.familiarity);
  return json;
}

void add_sound(Sha256& digest, const audio::SoundInMemory& sound) {
  digest.update(sound.interleaved.data(), sound.interleaved.size() * sizeof(float));
  const auto format = fmt::format("{} {}", sound.channels, sound.sample_rate_hz);
  digest.update(format.data(), format.size());
}

// What decides a clip's scores, and what is written of it. Of a file, its size and when it was changed.
std::string key_of(const data::Clip& clip) {
  Sha256 digest;
  const auto add = [&digest](std::string_view text) {
    const auto size = std::to_string(text.size()) + ' ';
    digest.update(size.data(), size.size());
    digest.update(text.data(), text.size());
  };
  add(clip.path_as_given);
  for (const auto& seconds : {clip.start_seconds, clip.end_seconds})
    add(seconds ? fmt::format("{}", *seconds) : "");
  add(clip.prompt ? "prompt " + *clip.prompt : "");
  add(clip.prompt_error);
  add(clip.error);
  struct stat status {};
  if (clip.sound)
    add_sound(digest, *clip.sound);
  else if (!clip.path.empty() && ::stat(clip.path.c_str(), &status) == 0)
    add(fmt::format("{} {}.{}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec));
  return digest.hex();
}

Json line_of(const ClipScores& scores, const std::string& key) {
  Json line = {{"clip", key}};
  if (!scores.scores.empty()) {
    line["scores"] = scores.scores;
    line["head_share"] = scores.head_share;
    if (scores.in_training) line["in_training"] = true;
    line["duration_seconds"] = scores.duration_seconds;
    line["sound"] = sound_json(scores.sound);
    add_familiarity(line, scores.familiarity);
  }
  if (!scores.windows.empty()) line["windows"] = Json::array();
  for (const WindowScores& window : scores.windows) line["windows"].push_back(window_json(window));
  if (!scores.error.empty()) line["error"] = scores.error;
  return line;
}

// NaN is null in a journal.
std::vector<double> numbers_of(const Json& list) {
  std::vector<double> numbers;
  for (const Json& entry : list)
    numbers.push_back(entry.is_null() ? std::numeric_limits<double>::quiet_NaN() : entry.get<double>());
  return numbers;
}

audio::SoundProperties parse_sound(const Json& json) {
  audio::SoundProperties sound{json.at("sample_rate_hz").get<int>(), json.at("channels").get<int>()};
  if (!json.at("level_db").is_null()) sound.level_db = json.at("level_db").get<double>();
  sound.note = json.value("note", std::string());
  return sound;
}

std::optional<double> parse_familiarity(const Json& json) {
  return json.contains("familiarity") ? std::optional(json.at("familiarity").get<double>()) : std::nullopt;
}

ClipScores parse_scores(const Json& line) {
  ClipScores scores;
  scores.error = line.value("error", std::string());
  if (line.contains("scores")) {
    scores.scores = numbers_of(line.at("scores"));
    scores.head_share = line.at("head_share").get<double>();
    scores.in_training = line.value("in_training", false);
    scores.duration_seconds = line.at("duration_seconds").get<double>();
    scores.sound = parse_sound(line.at("sound"));
    scores.familiarity = parse_familiarity(line);
  }
  if (line.contains("windows"))
    for (const Json& window : line.at("windows"))
      scores.windows.push_back({window.at("start_time").get<double>(), window.at("end_time").get<double>(),
                                window.at("duration_seconds").get<double>(), numbers_of(window.at("scores")),
                                parse_familiarity(window)});
  return scores;
}

bool fits(const ClipScores& scores, const JournalSettings& settings) {
  if (scores.scores.empty()) return !scores.error.empty();
  if (scores.scores.size() != settings.axes || scores.windows.empty() == settings.windows) return false;
  for (const WindowScores& window : scores.windows)
    if (window.scores.size() != settings.axes) return false;
  return true;
}

struct FoundScores {
  ClipScores scores;
  std::size_t lines = 0;  // that hold them; a clip may be in a list twice
};
using ScoresByKey = std::unordered_map<std::string, FoundScores>;

// Takes a line, unless a kill cut it short or another version of this program wrote it.
void take_line(const std::string& line, const JournalSettings& settings, ScoresByKey& found) {
  try {
    const auto json = io::parsed_json(line);
    if (!json) return;
    ClipScores scores = parse_scores(*json);
    if (!fits(scores, settings)) return;
    FoundScores& entry = found[json->at("clip").get<std::string>()];
    if (entry.lines++ == 0) entry.scores = std::move(scores);
  } catch (const Json::exception&) {  // as above
  }
}

}  // namespace

Journal::Journal(const std::filesystem::path& output, const JournalSettings& settings,
                 std::span<const data::Clip> clips, bool resume)
    : path_(output.string() + ".journal"), settings_(settings), file_(nullptr, &std::fclose) {
  if (std::filesystem::exists(path_)) lock_.emplace(path_);
  std::vector<std::string> keys;
  if (resume && std::filesystem::exists(path_)) keys = read(clips);
  // The lines are written again, so that one cut short by a kill does not stay in the middle.
  const std::filesystem::path temporary = path_.string() + ".new";
  file_.reset(std::fopen(temporary.c_str(), "wb"));
  if (!file_) throw FileError(describe_errno(temporary.string(), errno));
  write_line(file_.get(), header_of(settings_), temporary);
  for (std::size_t i = 0; i < finished_.size(); ++i)
    if (finished_[i]) write_line(file_.get(), line_of(*finished_[i], keys[i]), temporary);
  std::filesystem::rename(temporary, path_);
  lock_.emplace(path_);
}

// Returns the key of each clip, or nothing if there is nothing to resume.
std::vector<std::string> Journal::read(std::span<const data::Clip> clips) {
  std::ifstream stream(path_);
  std::string line;
  std::getline(stream, line);
  const Json header = io::parsed_json(line).value_or(Json());
  if (!header.is_object()) return {};  // killed before its first line was complete
  if (header != header_of(settings_))
    throw InvalidInput(fmt::format(
        "{}: belongs to a run with another model or other options; run without --resume to start over",
        path_.string()));
  ScoresByKey found;
  std::size_t lines = 0;
  for (; std::getline(stream, line); ++lines)
    if (!stream.eof()) take_line(line, settings_, found);  // a last line without its line end was cut short
  finished_.resize(clips.size());
  std::vector<std::string> keys;
  std::size_t used = 0;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const auto entry = found.find(keys.emplace_back(key_of(clips[i])));
    if (entry == found.end()) continue;
    if (entry->second.lines > 0) {
      --entry->second.lines;
      ++used;
    }
    finished_[i] = entry->second.scores;
    finished_[i]->clip = clips[i];
  }
  dropped_ = lines - used;
  if (!found.empty() && used == 0)
    throw InvalidInput(fmt::format(
        "{}: belongs to a run of other clips, or all of its {} files have changed since; run without --resume to start over",
        path_.string(), found.size()));
  return keys;
}

void Journal::append(const ClipScores& scores) {
  write_line(file_.get(), line_of(scores, key_of(scores.clip)), path_);
}

void Journal::remove() {
  file_.reset();
  std::filesystem::remove(path_);
}

}  // namespace qamro::scoring
