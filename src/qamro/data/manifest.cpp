#include "qamro/data/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <map>
#include <span>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "qamro/audio/sound_file.h"
#include "qamro/core/error.h"
#include "qamro/data/audio_folder.h"
#include "qamro/data/clip_names.h"
#include "qamro/data/column_names.h"
#include "qamro/data/manifest_fields.h"
#include "qamro/data/rating_cell.h"
#include "qamro/io/csv.h"
#include "qamro/io/jsonl.h"
#include "qamro/io/text_file.h"

namespace qamro::data {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxPathBytes = 4095;  // Linux's PATH_MAX - 1

constexpr std::array<std::string_view, 2> kTimes = {"start_time", "end_time"};

std::optional<double> find_seconds(const Fields& fields, std::string_view name, const NumberStyle& style) {
  const auto text = fields.find(name);
  if (!text || is_missing_word(trimmed(*text))) return std::nullopt;
  const auto seconds = parse_number(*text, style);
  if (!seconds || *seconds < 0)
    throw InvalidInput(fmt::format("'{}': expected seconds >= 0, got '{}'{}", name, *text, hint_for(*text)));
  return seconds;
}

// How a table writes its times. Reads it whole only if it has any, and goes back to its start.
NumberStyle style_of_times(std::istream& stream, const std::string& name, char delimiter) {
  io::CsvReader reader(stream, name, {.delimiter = delimiter, .equal_columns = false});
  std::vector<std::size_t> columns;
  for (const std::string_view time : kTimes)
    if (const std::size_t column = find_named(reader.header(), std::array{time});
        column < reader.header().size())
      columns.push_back(column);
  std::vector<std::string> cells;
  for (io::CsvRow row; !columns.empty();) {
    try {
      if (!reader.next(row)) break;
    } catch (const InvalidInput&) {  // the row is named when it is read
      continue;
    }
    for (const std::size_t column : columns)
      if (column < row.fields.size()) cells.push_back(std::move(row.fields[column]));
  }
  stream.clear();
  stream.seekg(0);
  const std::vector<std::string_view> views(cells.begin(), cells.end());
  return NumberStyle::of(views);
}

// Finds the audio of a relative path. The working directory has priority, since a path there is what the
// user sees.
fs::path locate(const std::string& given, const fs::path& manifest_folder) {
  if (given.size() > kMaxPathBytes || given.find('\0') != std::string::npos)
    throw InvalidInput(
        fmt::format("path: expected at most {} bytes without NUL, got {}", kMaxPathBytes, given.size()));
  std::error_code ignored;
  fs::path path = given;
  if (given.find("\\x") != std::string::npos && !fs::exists(path, ignored))
    if (const fs::path bytes = path_of_text(given); fs::exists(bytes, ignored)) return bytes;
  if (path.is_absolute() || manifest_folder.empty() || fs::exists(path, ignored)) return path;
  if (fs::exists(manifest_folder / path, ignored)) return manifest_folder / path;
  throw InvalidInput(fmt::format("'{}': no such file, neither relative to the working directory nor to {}",
                                 given, manifest_folder.string()));
}

// Fills in the values of the row, up to the first one that is invalid.
void fill_clip(Clip& clip, const Fields& fields, const fs::path& manifest_folder,
               const ManifestOptions& options, const NumberStyle& style) {
  const auto given =
      options.path_column.empty() ? fields.find(kPathColumns) : fields.find(options.path_column);
  if (!given)
    throw InvalidInput(fmt::format("expected a value for {}",
                                   options.path_column.empty() ? "'path', 'wav_path', 'filename' or the like"
                                                               : "'" + options.path_column + "'"));
  clip.path_as_given = *given;
  clip.id = fields.find(kIdColumns);
  clip.system =
      options.system_column.empty() ? fields.find(kSystemColumns) : fields.find(options.system_column);
  clip.prompt = fields.find("prompt");
  if (clip.prompt && clip.prompt->find_first_not_of(" \t\r\n") == std::string::npos) {
    clip.prompt.reset();
    clip.prompt_error = "its manifest gives an empty prompt";
  }
  clip.path = *given;
  clip.path = locate(*given, manifest_folder);
  clip.start_seconds = find_seconds(fields, kTimes[0], style);
  clip.end_seconds = find_seconds(fields, kTimes[1], style);
  if (clip.end_seconds && *clip.end_seconds <= clip.start_seconds.value_or(0))
    throw InvalidInput(fmt::format("expected end_time above start_time, got {} and {}", *clip.end_seconds,
                                   clip.start_seconds.value_or(0)));
}

template <typename MakeFields>
Clip make_clip(const std::string& where, const fs::path& manifest_folder, const ManifestOptions& options,
               const MakeFields& make_fields, const NumberStyle& style = {}) {
  Clip clip;
  try {
    fill_clip(clip, make_fields(), manifest_folder, options, style);
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

void read_jsonl(io::JsonlReader& reader, const fs::path& folder, const ManifestOptions& options,
                std::vector<Clip>& clips) {
  const std::size_t before = clips.size();
  io::JsonlRow row;
  for (bool more = true; more;) {
    try {
      more = reader.next(row);
      if (more)
        clips.push_back(
            make_clip(reader.where(row.line), folder, options, [&] { return JsonFields(row.value); }));
    } catch (const InvalidInput& error) {
      clips.push_back(error_clip({}, error.what()));
    }
  }
  if (clips.size() == before)
    clips.push_back(error_clip(reader.name(), reader.name() + ": expected at least one row, got none"));
}

void read_csv(std::string text, const std::string& name, const fs::path& folder,
              const ManifestOptions& options, std::vector<Clip>& clips) {
  const std::size_t before = clips.size();
  const char delimiter = io::find_delimiter(text);
  std::istringstream stream(std::move(text));
  const NumberStyle style = style_of_times(stream, name, delimiter);
  io::CsvReader reader(stream, name, {.delimiter = delimiter});
  if (options.path_column.empty() && !reader.header().empty() &&
      find_named(reader.header(), kPathColumns) == reader.header().size())
    throw InvalidInput(
        fmt::format("{}: expected a column 'path' or 'wav_path', 'filename' or the like, got the header '{}'",
                    name, fmt::join(reader.header(), ",")));
  io::CsvRow row;
  for (bool more = true; more;) {
    try {
      more = reader.next(row);
      if (more)
        clips.push_back(make_clip(
            reader.where(row.line), folder, options, [&] { return CsvFields(reader, row); }, style));
    } catch (const InvalidInput& error) {
      clips.push_back(error_clip({}, error.what()));
    }
  }
  if (clips.size() == before)
    clips.push_back(error_clip(name, name + ": expected at least one row, got none"));
}

void read_folder(const fs::path& folder, const ManifestOptions& options, std::vector<Clip>& clips) {
  const AudioFolder found = audio_files_below(folder);
  for (const auto& file : found.files) {
    Clip clip;
    clip.path = file;
    clip.path_as_given = file.string();
    clips.push_back(std::move(clip));
  }
  for (const auto& unreadable : found.unreadable)
    clips.push_back(error_clip(unreadable, unreadable.string() + ": the folder cannot be listed"));
  if (options.notes != nullptr && !found.others.empty())
    options.notes->push_back(describe_others(folder, found));
  if (found.files.empty() && found.unreadable.empty())
    clips.push_back(
        error_clip(folder, folder.string() + ": expected a folder with audio files, got one without"));
}

// What a stream or a pipe holds: JSON lines, a table with a header, or the bytes of one sound file.
void read_stream(std::string bytes, const std::string& name, const ManifestOptions& options,
                 std::vector<Clip>& clips) {
  const std::string_view text = io::without_byte_order_mark(bytes);
  const auto first = text.find_first_not_of(" \t\r\n");
  std::istringstream stream(bytes);
  if (first == std::string_view::npos || text[first] == '{' || text[first] == '[' || text[first] == '"') {
    io::JsonlReader reader(stream, name);
    read_jsonl(reader, {}, options, clips);
  } else if (text.find('\0') == std::string_view::npos && text.find('\n') != std::string_view::npos) {
    read_csv(std::move(bytes), name, {}, options, clips);
  } else {
    Clip clip;
    clip.path_as_given = name == "stdin" ? "-" : name;
    clip.sound = audio::read_sound(stream, name);
    clips.push_back(std::move(clip));
  }
}

// Relative paths in a manifest are looked up in its folder, too; that is "" for a manifest in the
// working directory.
void read_input(const std::string& input, std::istream& standard_input, const ManifestOptions& options,
                std::vector<Clip>& clips) {
  const fs::path path = input;
  const std::string extension = io::lower_case(path.extension().string());
  std::error_code ignored;
  if (input == "-") {
    read_stream(io::read_bytes(standard_input, "stdin"), "stdin", options, clips);
  } else if (fs::is_fifo(path, ignored)) {
    read_stream(io::read_bytes(*io::open_input(path), input), input, options, clips);
  } else if (fs::is_directory(path, ignored)) {
    read_folder(path, options, clips);
  } else if (extension == ".jsonl" || extension == ".ndjson") {
    io::JsonlReader reader(path);
    read_jsonl(reader, path.parent_path(), options, clips);
  } else if (extension == ".csv" || extension == ".tsv") {
    read_csv(io::read_text(path), path.string(), path.parent_path(), options, clips);
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
                                const ManifestOptions& options) {
  std::vector<Clip> clips;
  for (const std::string& input : inputs) {
    try {
      read_input(input, standard_input, options, clips);
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
