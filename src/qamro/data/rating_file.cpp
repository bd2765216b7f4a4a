#include "qamro/data/rating_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unordered_map>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/data/audio_folder.h"
#include "qamro/data/column_names.h"
#include "qamro/data/rating_cell.h"
#include "qamro/io/csv.h"
#include "qamro/io/jsonl.h"
#include "qamro/io/text_file.h"

namespace qamro::data {
namespace {

// Columns that may hold numbers without being an axis.
constexpr std::array<std::string_view, 44> kNoAxes = {"start_time", "end_time",    "start",
                                                      "end",        "offset",      "duration_seconds",
                                                      "duration",   "seconds",     "length",
                                                      "len_in_sec", "dur",         "prompt",
                                                      "error",      "fold",        "seed",
                                                      "split",      "index",       "prompt_id",
                                                      "year",       "age",         "listener_number",
                                                      "subject",    "session",     "trial",
                                                      "order",      "page",        "sr",
                                                      "fs",         "sample_rate", "sampling_rate",
                                                      "num_hops",   "speaker_id",  "speaker",
                                                      "spk",        "line",        "row",
                                                      "unnamed:0",  "count",       "num_ratings",
                                                      "n_ratings",  "votes",       "std",
                                                      "ci",         "n_votes"};

enum class Format { kTable, kJsonl, kCounts };

std::string_view first_line(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find('\n', begin) - begin);
}

// By the extension, but a file that begins with '{' is JSON whatever its extension.
Format sniff(const std::filesystem::path& path, std::string_view text) {
  const std::string extension = io::lower_case(path.extension().string());
  if (extension == ".jsonl" || extension == ".ndjson" || extension == ".json") return Format::kJsonl;
  const std::string_view line = first_line(text);
  if (line.starts_with('{')) return Format::kJsonl;
  return parse_counts(line) ? Format::kCounts : Format::kTable;
}

// The rows that are not blank (MusicEval's lists end with one that holds only a TAB), without blanks around
// cells.
std::vector<io::CsvRow> rows_of(std::string text, const std::string& name) {
  const char delimiter = io::find_delimiter(text);
  std::istringstream stream(std::move(text));
  io::CsvReader reader(stream, name, {.delimiter = delimiter, .header = false, .equal_columns = false});
  std::vector<io::CsvRow> rows;
  for (io::CsvRow row; reader.next(row);) {
    for (std::string& field : row.fields) field = trimmed(field);
    if (!std::ranges::all_of(row.fields, [](const std::string& field) { return field.empty(); }))
      rows.push_back(std::move(row));
  }
  return rows;
}

void check_header(const RatingFile& file, std::size_t line) {
  for (std::size_t column = 0; column < file.columns.size(); ++column)
    if (const std::string& name = file.columns[column];
        !name.empty() &&
        std::find(file.columns.begin(), file.columns.begin() + static_cast<std::ptrdiff_t>(column), name) !=
            file.columns.begin() + static_cast<std::ptrdiff_t>(column))
      throw InvalidInput(
          fmt::format("{}:{}: expected every column once, got '{}' twice", file.name, line, name));
}

// A delimiter at the end of the lines makes one more field, without a name or a value.
void drop_last_empty(io::CsvRow& row, std::size_t columns) {
  while (row.fields.size() > columns && row.fields.back().empty()) row.fields.pop_back();
}

bool is_header(const std::vector<std::string>& row) {
  if (row.size() < 2 || is_named(row[0], kKeyColumns) || is_named(row[0], kSystemColumns)) return true;
  return std::none_of(row.begin() + 1, row.end(),
                      [](const std::string& field) { return is_like_number(field); });
}

// The columns of a list; empty if its first row is a header.
std::optional<std::vector<std::string>> columns_without_header(const std::vector<std::string>& first_row,
                                                               const std::string& where,
                                                               const std::vector<std::string>& list_columns) {
  if (list_columns.empty()) return columns_of_list(first_row, where);
  if (is_header(first_row)) return std::nullopt;
  if (first_row.size() != list_columns.size())
    throw InvalidInput(fmt::format("{}: expected {} fields ({}), or a header, got {}", where,
                                   list_columns.size(), fmt::join(list_columns, ", "), first_row.size()));
  return list_columns;
}

void read_table(std::string text, const std::vector<std::string>& list_columns, RatingFile& file) {
  std::vector<io::CsvRow> rows = rows_of(std::move(text), file.name);
  if (rows.empty()) return;
  const auto list = columns_without_header(rows.front().fields,
                                           fmt::format("{}:{}", file.name, rows.front().line), list_columns);
  file.has_header = !list;
  file.columns = list ? *list : rows.front().fields;
  while (file.has_header && file.columns.size() > 1 && file.columns.back().empty()) file.columns.pop_back();
  if (file.has_header) {
    check_header(file, rows.front().line);
    rows.erase(rows.begin());
  }
  for (io::CsvRow& row : rows) {
    drop_last_empty(row, file.columns.size());
    if (row.fields.size() != file.columns.size())
      throw InvalidInput(fmt::format("{}:{}: expected {} columns, got {}", file.name, row.line,
                                     file.columns.size(), row.fields.size()));
    file.rows.emplace_back().line = row.line;
  }
  for (std::size_t column = 0; column < file.columns.size(); ++column) {
    std::vector<std::string_view> cells;
    cells.reserve(rows.size());
    for (const io::CsvRow& row : rows) cells.emplace_back(row.fields[column]);
    const NumberStyle style = NumberStyle::of(cells);
    for (std::size_t row = 0; row < rows.size(); ++row)
      file.rows[row].cells.push_back(parse_csv_cell(std::move(rows[row].fields[column]), style));
  }
}

// Rows that share few keys would fill a table of rows times keys with nothing: a file of a megabyte,
// terabytes.
void check_shared_keys(const RatingFile& file, std::size_t text_bytes, const std::string& where) {
  constexpr std::size_t kAlwaysTaken = 1'000'000;
  if (file.rows.size() * file.columns.size() > kAlwaysTaken + text_bytes)
    throw InvalidInput(fmt::format("{}: expected rows with the same keys, got {} keys in {} rows", where,
                                   file.columns.size(), file.rows.size()));
}

void read_jsonl(std::string text, RatingFile& file) {
  const std::size_t text_bytes = text.size();
  std::istringstream stream(std::move(text));
  io::JsonlReader reader(stream, file.name);
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
    check_shared_keys(file, text_bytes, reader.where(row.line));
  }
  for (RatingFile::Row& row : file.rows) row.cells.resize(file.columns.size());
}

void read_counts(const std::string& text, RatingFile& file) {
  file.columns = {"path", "system", "mos"};
  file.has_header = false;
  std::istringstream stream(text);
  std::string line;
  for (std::size_t number = 1; std::getline(stream, line); ++number) {
    if (trimmed(line).empty()) continue;
    auto counts = parse_counts(line);
    if (!counts)
      throw InvalidInput(fmt::format(
          "{}:{}: expected 'PATH MEAN HALF-WIDTH (1:n,2:n,...,total: n)' with a mean and a total that are those of the counts, got '{}'",
          file.name, number, line.substr(0, 100)));
    RatingFile::Row& row = file.rows.emplace_back();
    row.line = number;
    row.cells = {parse_csv_cell(counts->path), parse_csv_cell(counts->system), {}};
    row.cells[2].value = std::move(counts->ratings);
  }
}

template <typename Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Whether a cell would be a number in one style or the other, as "1,234" is, or is infinite.
bool has_like_numbers(const RatingFile& file, std::size_t column) {
  return std::ranges::any_of(file.rows, [&](const RatingFile::Row& row) {
    const std::string_view text = trimmed(row.cells[column].text);
    const bool may_be =
        !text.empty() && std::string_view("+-.,iI0123456789").find(text[0]) != std::string_view::npos;
    return may_be && (is_like_number(text) || !hint_for(text).empty());
  });
}

}  // namespace

std::string RatingFile::where(const Row& row) const {
  return fmt::format("{}:{}", name, row.line);
}

std::size_t RatingFile::find(std::span<const std::string_view> names) const {
  const std::size_t column = find_named(columns, names);
  return column == columns.size() ? npos : column;
}

RatingFile read_rating_file(const std::filesystem::path& path, const std::vector<std::string>& list_columns) {
  RatingFile file;
  file.name = path.string();
  std::string text = io::read_bytes(*io::open_input(path), file.name);
  file.sha256 = sha256_hex(text);
  text = io::decoded_text(std::move(text));
  const Format format = sniff(path, text);
  if (format == Format::kJsonl) {
    read_jsonl(std::move(text), file);
  } else if (format == Format::kCounts) {
    read_counts(text, file);
  } else {
    read_table(std::move(text), list_columns, file);
  }
  if (file.rows.empty())
    throw InvalidInput(fmt::format("{}: expected at least one row, got none", file.name));
  return file;
}

GuessedAxes guess_axes(const RatingFile& file) {
  // Alone, "familiarity" may be what listeners rated.
  constexpr std::array<std::string_view, 1> kSampleRate = {"sample_rate_hz"};
  const bool has_conditions = file.find(kSampleRate) != RatingFile::npos;
  GuessedAxes guessed;
  for (std::size_t column = 0; column < file.columns.size(); ++column) {
    const std::string& name = file.columns[column];
    if (name.empty() || is_named(name, kKeyColumns) || is_named(name, kSystemColumns) ||
        is_named(name, kRaterColumns) || (has_conditions && contains(kConditionColumns, name)))
      continue;
    if (!file.has_header) {  // columns_of_list() leaves only axes here
      guessed.axes.push_back(column);
      continue;
    }
    std::size_t numbers = 0;
    std::size_t texts = 0;
    for (const auto& row : file.rows) {
      if (row.cells[column].is_text()) ++texts;
      if (!row.cells[column].is_text() && !row.cells[column].is_missing()) ++numbers;
    }
    if (numbers == 0 && (texts == 0 || !has_like_numbers(file, column))) continue;
    if (is_named(name, kNoAxes)) {
      guessed.no_axes.push_back(column);
    } else if (numbers > texts) {
      guessed.axes.push_back(column);
    } else {
      guessed.hidden.push_back(column);
    }
  }
  return guessed;
}

namespace {

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
