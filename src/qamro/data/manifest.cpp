#include "qamro/data/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <map>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "qamro/audio/sound_file.h"
#include "qamro/core/error.h"
#include "qamro/data/audio_folder.h"
#include "qamro/data/column_names.h"
#include "qamro/io/csv.h"
#include "qamro/io/jsonl.h"

namespace qamro::data {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxPathBytes = 4095;  // Linux's PATH_MAX - 1

// A row of a manifest. find() returns, as text, the value of the first of `names` that the row has.
class Fields {
 public:
  virtual ~Fields() = default;
  // Throws InvalidInput if the value is neither text nor a number.
  virtual std::optional<std::string> find(std::span<const std::string_view> names) const = 0;

  std::optional<std::string> find(std::string_view name) const { return find(std::span(&name, 1)); }
};

class JsonFields : public Fields {
 public:
  explicit JsonFields(const Json& object) : object_(object) {
    if (!object.is_object())
      throw InvalidInput(fmt::format("expected a JSON object, got {}", object.type_name()));
  }
  std::optional<std::string> find(std::span<const std::string_view> names) const override {
    for (const auto name : names) {
      const auto entry = object_.find(std::string(name));
      if (entry == object_.end() || entry->is_null()) continue;
      if (entry->is_string()) return entry->get<std::string>();
      if (entry->is_number()) return entry->dump();
      throw InvalidInput(fmt::format("'{}': expected text or a number, got {}", name, entry->type_name()));
    }
    return std::nullopt;
  }

 private:
  const Json& object_;
};

class CsvFields : public Fields {
 public:
  CsvFields(const io::CsvReader& reader, const io::CsvRow& row) : reader_(reader), row_(row) {}
  std::optional<std::string> find(std::span<const std::string_view> names) const override {
    for (const auto name : names) {
      const auto column = reader_.find_column(name);
      if (column && !row_.fields.at(*column).empty()) return row_.fields.at(*column);
    }
    return std::nullopt;
  }

 private:
  const io::CsvReader& reader_;
  const io::CsvRow& row_;
};

std::optional<double> find_seconds(const Fields& fields, std::string_view name) {
  const auto text = fields.find(name);
  if (!text) return std::nullopt;
  double seconds = 0;
  const char* end = text->data() + text->size();
  const auto [stop, failure] = std::from_chars(text->data(), end, seconds);
  if (failure != std::errc() || stop != end || !std::isfinite(seconds) || seconds < 0)
    throw InvalidInput(fmt::format("'{}': expected seconds >= 0, got '{}'", name, *text));
  return seconds;
}

// Finds the audio of a relative path. The working directory has priority, since a path there is what the
// user sees.
fs::path locate(const std::string& given, const fs::path& manifest_folder) {
  if (given.size() > kMaxPathBytes || given.find('\0') != std::string::npos)
    throw InvalidInput(
        fmt::format("path: expected at most {} bytes without NUL, got {}", kMaxPathBytes, given.size()));
  std::error_code ignored;
  fs::path path = given;
  if (path.is_absolute() || manifest_folder.empty() || fs::exists(path, ignored)) return path;
  if (fs::exists(manifest_folder / path, ignored)) return manifest_folder / path;
  throw InvalidInput(fmt::format("'{}': no such file, neither relative to the working directory nor to {}",
                                 given, manifest_folder.string()));
}

// Fills in the values of the row, up to the first one that is invalid.
void fill_clip(Clip& clip, const Fields& fields, const fs::path& manifest_folder) {
  const auto given = fields.find(kPathColumns);
  if (!given) throw InvalidInput(fmt::format("expected a value for '{}'", fmt::join(kPathColumns, "' or '")));
  clip.path_as_given = *given;
  clip.id = fields.find(kIdColumns);
  clip.system = fields.find(kSystemColumns);
  clip.prompt = fields.find("prompt");
  if (clip.prompt && clip.prompt->find_first_not_of(" \t\r\n") == std::string::npos) {
    clip.prompt.reset();
    clip.prompt_error = "its manifest gives an empty prompt";
  }
  clip.path = *given;
  clip.path = locate(*given, manifest_folder);
  clip.start_seconds = find_seconds(fields, "start_time");
  clip.end_seconds = find_seconds(fields, "end_time");
  if (clip.end_seconds && *clip.end_seconds <= clip.start_seconds.value_or(0))
    throw InvalidInput(fmt::format("expected end_time above start_time, got {} and {}", *clip.end_seconds,
                                   clip.start_seconds.value_or(0)));
}

template <typename MakeFields>
Clip make_clip(const std::string& where, const fs::path& manifest_folder, const MakeFields& make_fields) {
  Clip clip;
  try {
    fill_clip(clip, make_fields(), manifest_folder);
  } catch (const InvalidInput& error) {
    clip.error = fmt::format("{}: {}", where, error.what());
  }
  return clip;
}

Clip error_clip(const fs::path& path, std::string error) {
  Clip clip;
  clip.path = path;
  clip.path_as_given = path.string();
  clip.error = std::move(error);
  return clip;
}

void read_jsonl(io::JsonlReader& reader, const fs::path& folder, std::vector<Clip>& clips) {
  const std::size_t before = clips.size();
  io::JsonlRow row;
  for (bool more = true; more;) {
    try {
      more = reader.next(row);
      if (more)
        clips.push_back(make_clip(reader.where(row.line), folder, [&] { return JsonFields(row.value); }));
    } catch (const InvalidInput& error) {
      clips.push_back(error_clip({}, error.what()));
    }
  }
  if (clips.size() == before)
    clips.push_back(error_clip(reader.name(), reader.name() + ": expected at least one row, got none"));
}

void read_csv(const fs::path& path, char delimiter, std::vector<Clip>& clips) {
  const std::size_t before = clips.size();
  io::CsvReader reader(path, {.delimiter = delimiter});
  const auto is_there = [&](std::string_view name) { return reader.find_column(name).has_value(); };
  if (!reader.header().empty() && std::none_of(kPathColumns.begin(), kPathColumns.end(), is_there))
    throw InvalidInput(fmt::format("{}: expected a column '{}', got the header '{}'", path.string(),
                                   fmt::join(kPathColumns, "' or '"), fmt::join(reader.header(), ",")));
  io::CsvRow row;
  for (bool more = true; more;) {
    try {
      more = reader.next(row);
      if (more)
        clips.push_back(
            make_clip(reader.where(row.line), path.parent_path(), [&] { return CsvFields(reader, row); }));
    } catch (const InvalidInput& error) {
      clips.push_back(error_clip({}, error.what()));
    }
  }
  if (clips.size() == before)
    clips.push_back(error_clip(path, path.string() + ": expected at least one row, got none"));
}

// "12 files that are no audio: 8 .txt, 3 .json, 1 without an ending".
std::string describe_others(const fs::path& folder, const std::map<std::string, std::size_t>& others) {
  std::size_t total = 0;
  std::string text;
  for (const auto& [extension, count] : others) {
    total += count;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count,
                        extension.empty() ? "without an ending" : extension);
  }
  return fmt::format("{}: left out {} file{} that {} no audio: {}", folder.string(), total,
                     total == 1 ? "" : "s", total == 1 ? "is" : "are", text);
}

void read_folder(const fs::path& folder, std::vector<Clip>& clips, std::vector<std::string>* notes) {
  const AudioFolder found = audio_files_below(folder);
  for (const auto& file : found.files) {
    Clip clip;
    clip.path = file;
    clip.path_as_given = file.string();
    clips.push_back(std::move(clip));
  }
  for (const auto& unreadable : found.unreadable)
    clips.push_back(error_clip(unreadable, unreadable.string() + ": the folder cannot be listed"));
  if (notes != nullptr && !found.others.empty()) notes->push_back(describe_others(folder, found.others));
  if (found.files.empty() && found.unreadable.empty())
    clips.push_back(
        error_clip(folder, folder.string() + ": expected a folder with audio files, got one without"));
}

// JSON lines, or the bytes of one sound file. JSON is text, and begins with a brace.
void read_standard_input(std::istream& stream, std::vector<Clip>& clips) {
  const int first = stream.peek();
  const bool is_text = first == EOF || first == '{' || first == '[' || first == '"' || first == 0xEF ||
                       std::isspace(first) != 0;
  if (is_text) {
    io::JsonlReader reader(stream, "stdin");
    read_jsonl(reader, {}, clips);
    return;
  }
  Clip clip;
  clip.path_as_given = "-";
  clip.sound = audio::read_sound(stream, "stdin");
  clips.push_back(std::move(clip));
}

std::string lower_case_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return extension;
}

// Relative paths in a manifest are looked up in its folder, too; that is "" for a manifest in the
// working directory.
void read_input(const std::string& input, std::istream& standard_input, std::vector<Clip>& clips,
                std::vector<std::string>* notes) {
  const fs::path path = input;
  const std::string extension = lower_case_extension(path);
  std::error_code ignored;
  if (input == "-") {
    read_standard_input(standard_input, clips);
  } else if (fs::is_directory(path, ignored)) {
    read_folder(path, clips, notes);
  } else if (extension == ".jsonl" || extension == ".ndjson") {
    io::JsonlReader reader(path);
    read_jsonl(reader, path.parent_path(), clips);
  } else if (extension == ".csv" || extension == ".tsv") {
    read_csv(path, extension == ".tsv" ? '\t' : ',', clips);
  } else {
    Clip clip;
    clip.path = path;
    clip.path_as_given = input;
    if (!fs::exists(path, ignored)) clip.error = input + ": no such file or folder";
    clips.push_back(std::move(clip));
  }
}

}  // namespace

std::vector<Clip> read_manifest(const std::vector<std::string>& inputs, std::istream& standard_input,
                                std::vector<std::string>* notes) {
  std::vector<Clip> clips;
  for (const std::string& input : inputs) {
    try {
      read_input(input, standard_input, clips, notes);
    } catch (const Error& error) {  // the input as a whole has failed
      clips.push_back(error_clip(input, error.what()));
    }
  }
  return clips;
}

void apply_system_rule(std::vector<Clip>& clips, const SystemRule& rule) {
  for (Clip& clip : clips)
    if (!clip.system && clip.error.empty()) clip.system = rule.find(clip.path);
}

std::optional<Shard> parse_shard(std::string_view text) {
  Shard shard{0, 0};
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, shard.index);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '/') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, shard.count);
  if (second.ec != std::errc() || second.ptr != end) return std::nullopt;
  if (shard.index < 1 || shard.index > shard.count) return std::nullopt;
  return Shard{shard.index - 1, shard.count};
}

std::vector<Clip> clips_of_shard(std::vector<Clip> clips, const Shard& shard) {
  std::vector<Clip> kept;
  for (std::size_t i = shard.index; i < clips.size(); i += shard.count) kept.push_back(std::move(clips[i]));
  return kept;
}

}  // namespace qamro::data
