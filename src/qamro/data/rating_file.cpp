#include "qamro/data/rating_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "qamro/core/error.h"
#include "qamro/data/audio_folder.h"
#include "qamro/data/column_names.h"
#include "qamro/data/rating_cell.h"
#include "qamro/io/csv.h"
#include "qamro/io/jsonl.h"
#include "qamro/io/text_file.h"

namespace qamro::data {
namespace {

// Columns that may hold numbers without being an axis.
constexpr std::array<std::string_view, 14> kNoAxes = {
    "start_time",  "end_time", "duration_seconds", "prompt", "text",  "error",    "fold", "seed",
    "listener_id", "rater",    "rater_id",         "split",  "index", "prompt_id"};

enum class Format { kCsv, kTsv, kJsonl };

std::string first_line(const std::filesystem::path& path) {
  const auto stream = io::open_input(path);
  std::string line;
  while (std::getline(*stream, line) && line.find_first_not_of(" \t\r") == std::string::npos) {
  }
  return std::string(io::without_byte_order_mark(line));
}

// By the extension, but a file that begins with '{' is JSON whatever its extension.
Format sniff(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  if (extension == ".jsonl" || extension == ".ndjson" || extension == ".json") return Format::kJsonl;
  const std::string text = first_line(path);
  const auto first = text.find_first_not_of(" \t");
  if (first != std::string::npos && text[first] == '{') return Format::kJsonl;
  if (extension == ".csv") return Format::kCsv;
  if (extension == ".tsv") return Format::kTsv;
  const bool tabs = text.find('\t') != std::string::npos && text.find(',') == std::string::npos;
  return tabs ? Format::kTsv : Format::kCsv;
}

// The columns of a file without a header; empty if it has one.
std::optional<std::vector<std::string>> list_columns(const std::filesystem::path& path, char delimiter) {
  io::CsvReader reader(path, {.delimiter = delimiter, .header = false, .equal_columns = false});
  io::CsvRow row;
  reader.next(row);
  return columns_of_list(row.fields, reader.where(row.line));
}

// For example, MusicEval's lists end with a row that holds only a TAB.
bool is_blank(const io::CsvRow& row) {
  return std::all_of(row.fields.begin(), row.fields.end(), [](const std::string& field) {
    return field.find_first_not_of(" \t\r") == std::string::npos;
  });
}

void read_csv(const std::filesystem::path& path, char delimiter, RatingFile& file) {
  const auto list = list_columns(path, delimiter);
  io::CsvReader reader(path, {.delimiter = delimiter, .header = !list.has_value(), .equal_columns = false});
  file.columns = list ? *list : reader.header();
  file.has_header = !list;
  for (io::CsvRow row; reader.next(row);) {
    if (is_blank(row)) continue;
    if (row.fields.size() != file.columns.size())
      throw InvalidInput(fmt::format("{}: expected {} columns, got {}", reader.where(row.line),
                                     file.columns.size(), row.fields.size()));
    RatingFile::Row& parsed = file.rows.emplace_back();
    parsed.line = row.line;
    for (std::string& field : row.fields) parsed.cells.push_back(parse_csv_cell(std::move(field)));
  }
}

void read_jsonl(const std::filesystem::path& path, RatingFile& file) {
  io::JsonlReader reader(path);
  std::unordered_map<std::string, std::size_t> column_of;
  for (io::JsonlRow row; reader.next(row);) {
    if (!row.value.is_object())
      throw InvalidInput(
          fmt::format("{}: expected a JSON object, got {}", reader.where(row.line), row.value.type_name()));
    RatingFile::Row& parsed = file.rows.emplace_back();
    parsed.line = row.line;
    parsed.cells.resize(file.columns.size());
    for (const auto& [name, value] : row.value.items()) {
      const auto [entry, is_new] = column_of.emplace(name, file.columns.size());
      if (is_new) {
        file.columns.push_back(name);
        parsed.cells.emplace_back();
      }
      parsed.cells[entry->second] = parse_json_cell(value);
    }
  }
  for (RatingFile::Row& row : file.rows) row.cells.resize(file.columns.size());
}

template <typename Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string RatingFile::where(const Row& row) const {
  return fmt::format("{}:{}", name, row.line);
}

std::size_t RatingFile::find(std::span<const std::string_view> names) const {
  for (const auto candidate : names) {
    const auto found = std::find(columns.begin(), columns.end(), candidate);
    if (found != columns.end()) return static_cast<std::size_t>(found - columns.begin());
  }
  return npos;
}

RatingFile read_rating_file(const std::filesystem::path& path) {
  RatingFile file;
  file.name = path.string();
  const Format format = sniff(path);
  if (format == Format::kJsonl) {
    read_jsonl(path, file);
  } else {
    read_csv(path, format == Format::kTsv ? '\t' : ',', file);
  }
  if (file.rows.empty())
    throw InvalidInput(fmt::format("{}: expected at least one row, got none", file.name));
  return file;
}

std::vector<std::size_t> guess_axes(const RatingFile& file) {
  // Alone, "familiarity" may be what listeners rated.
  constexpr std::array<std::string_view, 1> kSampleRate = {"sample_rate_hz"};
  const bool has_conditions = file.find(kSampleRate) != RatingFile::npos;
  std::vector<std::size_t> axes;
  for (std::size_t column = 0; column < file.columns.size(); ++column) {
    const std::string& name = file.columns[column];
    if (name.empty() || contains(kKeyColumns, name) || contains(kSystemColumns, name) ||
        (has_conditions && contains(kConditionColumns, name)) || contains(kNoAxes, name))
      continue;
    if (!file.has_header) {  // columns_of_list() leaves only axes here
      axes.push_back(column);
      continue;
    }
    std::size_t numbers = 0;
    std::size_t texts = 0;
    for (const auto& row : file.rows) {
      if (row.cells[column].is_text()) ++texts;
      if (!row.cells[column].is_text() && !row.cells[column].is_missing()) ++numbers;
    }
    if (numbers > texts) axes.push_back(column);
  }
  return axes;
}

namespace {

bool is_header(const std::vector<std::string>& row) {
  if (row.size() < 2 || contains(kKeyColumns, row[0]) || contains(kSystemColumns, row[0])) return true;
  return std::none_of(row.begin() + 1, row.end(),
                      [](const std::string& field) { return parse_number(field).has_value(); });
}

bool is_musiceval_system(const std::string& name) {
  return name.size() == 4 && name[0] == 'S' &&
         std::all_of(name.begin() + 1, name.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

std::optional<std::vector<std::string>> columns_of_list(const std::vector<std::string>& first_row,
                                                        const std::string& where) {
  if (is_header(first_row)) return std::nullopt;
  const std::string clip = has_audio_extension(first_row[0]) ? "path" : "id";
  switch (first_row.size()) {
    case 2:
      return std::vector<std::string>{clip, "mos"};
    case 3:
      return std::vector<std::string>{is_musiceval_system(first_row[0]) ? "system" : clip, "MI", "TA"};
    case 4:
      return std::vector<std::string>{clip, "rater", "MI", "TA"};
    default:
      throw InvalidInput(fmt::format(
          "{}: expected a header, or a list without one (clip,score or clip,MI,TA or clip,rater,MI,TA), got {} fields with numbers among them",
          where, first_row.size()));
  }
}

}  // namespace qamro::data
