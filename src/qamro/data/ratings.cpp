#include "qamro/data/ratings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/data/column_names.h"
#include "qamro/data/published_name.h"
#include "qamro/data/rating_cell.h"
#include "qamro/data/rating_file.h"

namespace qamro::data {
namespace {

constexpr std::size_t kMaxShown = 60;  // characters of a bad value in a message

std::size_t require_column(const RatingFile& file, const std::string& name) {
  const std::string_view view = name;
  const std::size_t column = file.find({&view, 1});
  if (column == RatingFile::npos)
    throw InvalidInput(fmt::format("{}: expected a column '{}', got '{}'", file.name, name,
                                   fmt::join(file.columns, "', '")));
  return column;
}

bool is_given(const RatingFile& file, const RatingOptions& options, const std::string& column) {
  const std::string_view view = column;
  return !column.empty() && !(options.columns_may_lack && file.find({&view, 1}) == RatingFile::npos);
}

std::size_t system_column(const RatingFile& file, const RatingOptions& options) {
  if (is_given(file, options, options.system)) return require_column(file, options.system);
  return file.find(kSystemColumns);
}

std::size_t key_column(const RatingFile& file, const RatingOptions& options) {
  if (const auto column = system_column(file, options); options.rows_are_systems)
    return column == RatingFile::npos ? require_column(file, "system") : column;
  if (is_given(file, options, options.key)) return require_column(file, options.key);
  const std::size_t column = file.find(kKeyColumns);
  if (column == RatingFile::npos && !options.key.empty()) return require_column(file, options.key);
  if (column == RatingFile::npos)
    throw InvalidInput(fmt::format(
        "{}: expected a column 'path' or 'filename', 'id', 'utt_id' or the like that names the clips "
        "(--key COLUMN takes any), got '{}'",
        file.name, fmt::join(file.columns, "', '")));
  return column;
}

// SHEET's results hold both sides; keeps only the column of the side that is asked for.
std::vector<std::size_t> of_role(const RatingFile& file, std::vector<std::size_t> axes, RatingRole role) {
  const std::size_t label = file.find(std::array{std::string_view("avg_score")});
  const std::size_t prediction = file.find(std::array{std::string_view("answer")});
  if (role == RatingRole::kEither || label == RatingFile::npos || prediction == RatingFile::npos) return axes;
  std::erase(axes, role == RatingRole::kLabels ? prediction : label);
  return axes;
}

// What 'qamro score' writes when no clip could be scored.
bool is_all_errors(const RatingFile& file) {
  constexpr std::array<std::string_view, 1> kError = {"error"};
  const std::size_t error = file.find(kError);
  return error != RatingFile::npos && std::all_of(file.rows.begin(), file.rows.end(), [&](const auto& row) {
           return !row.cells[error].text.empty();
         });
}

// "FILE:3: column 'mos': 6 of 10 cells are no numbers, as 'inf' (...)".
std::string describe_bad_cells(const RatingFile& file, std::size_t column) {
  const auto is_bad = [&](const RatingFile::Row& row) { return row.cells[column].is_text(); };
  const auto first = std::ranges::find_if(file.rows, is_bad);
  const std::string cell = first->cells[column].text.substr(0, kMaxShown);
  return fmt::format("{}: column '{}': {} of {} cells are no numbers, as '{}'{}", file.where(*first),
                     file.columns[column], std::ranges::count_if(file.rows, is_bad), file.rows.size(), cell,
                     hint_for(cell));
}

GuessedAxes axis_columns(const RatingFile& file, const RatingOptions& options) {
  GuessedAxes guessed;
  for (const std::string& axis : options.axes) guessed.axes.push_back(require_column(file, axis));
  if (!options.axes.empty()) return guessed;
  guessed = guess_axes(file);
  for (auto* others : {&guessed.no_axes, &guessed.hidden})
    std::erase_if(*others, [&](std::size_t column) {
      const bool is_wanted =
          std::ranges::find(options.more_axes, file.columns[column]) != options.more_axes.end();
      if (is_wanted) guessed.axes.push_back(column);
      return is_wanted;
    });
  guessed.axes = of_role(file, std::move(guessed.axes), options.role);
  std::ranges::sort(guessed.axes);
  if (guessed.axes.empty() && !is_all_errors(file))
    throw InvalidInput(fmt::format(
        "{}: expected a column of numbers, got none among '{}'{}", file.name, fmt::join(file.columns, "', '"),
        guessed.hidden.empty() ? "" : "; " + describe_bad_cells(file, guessed.hidden.front())));
  return guessed;
}

void add_value(RatingRow& row, const RatingCell& cell, const RatingFile& file, const std::string& axis) {
  row.raters.emplace_back();
  if (cell.is_text())
    throw InvalidInput(fmt::format(
        "{}:{}: column '{}': expected a number or a list of numbers, got '{}'{}", file.name, row.line, axis,
        std::get<std::string>(cell.value).substr(0, kMaxShown), hint_for(std::get<std::string>(cell.value))));
  if (cell.is_missing()) {
    row.values.push_back(kNotRated);
  } else if (const auto* number = std::get_if<double>(&cell.value)) {
    row.values.push_back(*number);
  } else {
    row.raters.back() = std::get<std::vector<double>>(cell.value);
    row.values.push_back(mean_of_raters(row.raters.back()));
  }
}

// The columns of a file by purpose.
struct Roles {
  std::size_t key;
  std::size_t system;  // npos: none
  std::size_t error;   // npos: none
  std::size_t rater;   // npos: none; otherwise each row is from one rater
  std::vector<std::size_t> axes;
  std::vector<std::size_t> texts;
  std::vector<LeftOutColumn> left_out;
};

Roles find_roles(const RatingFile& file, const RatingOptions& options) {
  constexpr std::array<std::string_view, 1> kErrorColumn = {"error"};
  Roles roles;
  roles.key = key_column(file, options);
  roles.system = system_column(file, options);
  roles.error = file.find(kErrorColumn);
  roles.rater = file.find(kRaterColumns);
  GuessedAxes guessed = axis_columns(file, options);
  // What names clips or systems may be numbers.
  if (options.axes.empty())
    for (auto* columns : {&guessed.axes, &guessed.no_axes, &guessed.hidden})
      std::erase_if(*columns,
                    [&](std::size_t column) { return column == roles.key || column == roles.system; });
  roles.axes = guessed.axes;
  for (const std::size_t column : guessed.no_axes) roles.left_out.push_back({file.columns[column], ""});
  for (const std::size_t column : guessed.hidden)
    roles.left_out.push_back({file.columns[column], describe_bad_cells(file, column)});
  for (std::size_t column = 0; column < file.columns.size(); ++column)
    if (options.texts == TextColumns::kOfFile ||
        std::find(roles.axes.begin(), roles.axes.end(), column) == roles.axes.end())
      roles.texts.push_back(column);
  return roles;
}

RatingRow make_row(const RatingFile& file, const RatingFile::Row& source, const Roles& roles) {
  RatingRow row;
  row.line = source.line;
  row.key = source.cells[roles.key].text;
  if (roles.system != RatingFile::npos) row.system = source.cells[roles.system].text;
  if (roles.error != RatingFile::npos) row.error = source.cells[roles.error].text;
  if (roles.rater != RatingFile::npos) row.rater_ids.push_back(source.cells[roles.rater].text);
  for (const std::size_t column : roles.texts) row.texts.push_back(source.cells[column].text);
  for (const std::size_t column : roles.axes) {
    if (row.error.empty()) {
      add_value(row, source.cells[column], file, file.columns[column]);
    } else {
      row.values.push_back(kNotRated);
      row.raters.emplace_back();
    }
  }
  return row;
}

void check_keys(const RatingTable& table) {
  std::unordered_map<std::string_view, std::size_t> line_of;
  for (const RatingRow& row : table.rows) {
    if (row.key.empty())
      throw InvalidInput(
          fmt::format("{}: column '{}': expected a value, got none", table.where(row), table.key_column));
    const auto [first, is_new] = line_of.emplace(row.key, row.line);
    if (!is_new)
      throw InvalidInput(fmt::format("{}: {} '{}' is already in line {}", table.where(row), table.key_column,
                                     row.key, first->second));
  }
}

using Names = std::vector<std::optional<PublishedName>>;

// The name is in the key or in another column that can name a clip (track 2's lists give the domain in
// sample_id and the corpus in data_path).
Names names_of_rows(const RatingTable& table) {
  std::vector<std::size_t> columns;
  for (std::size_t column = 0; column < table.text_columns.size(); ++column)
    if (is_named(table.text_columns[column], kKeyColumns)) columns.push_back(column);
  Names names;
  for (const RatingRow& row : table.rows) {
    auto name = published_name(row.key);
    for (const std::size_t column : columns)
      if (!name) name = published_name(row.texts[column]);
    names.push_back(std::move(name));
  }
  return names;
}

// Adds what the rows' names tell (published_name()): the system of rows without one, and those of the text
// columns "system", "domain", "prompt" and "source" that the table lacks and at least one name gives.
void add_published_columns(RatingTable& table) {
  const Names names = names_of_rows(table);
  const bool file_has_systems = std::ranges::any_of(
      table.text_columns, [](const std::string& column) { return is_named(column, kSystemColumns); });
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] && table.rows[i].system.empty()) table.rows[i].system = names[i]->system;
  constexpr std::array<std::pair<const char*, std::string PublishedName::*>, 4> kColumns = {{
      {"system", &PublishedName::system},
      {"domain", &PublishedName::domain},
      {"prompt", &PublishedName::prompt},
      {"source", &PublishedName::source},
  }};
  for (const auto& [column, member] : kColumns) {
    if (table.find_text_column(column) || (file_has_systems && member == &PublishedName::system)) continue;
    if (std::none_of(names.begin(), names.end(),
                     [m = member](const auto& name) { return name && !((*name).*m).empty(); }))
      continue;
    table.text_columns.emplace_back(column);
    for (std::size_t i = 0; i < names.size(); ++i)
      table.rows[i].texts.push_back(names[i] ? (*names[i]).*member : "");
  }
}

template <typename List>
std::optional<std::size_t> index_of(const List& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace

std::string RatingTable::where(const RatingRow& row) const {
  return fmt::format("{}:{}", row.file.empty() ? file : row.file, row.line);
}

std::optional<std::size_t> RatingTable::find_axis(std::string_view axis) const {
  if (const auto index = index_of(axes, axis)) return index;
  for (std::size_t i = 0; i < axes.size(); ++i)
    if (short_axis_name(axes[i]) == short_axis_name(axis)) return i;
  for (std::size_t i = 0; i < axes.size(); ++i)
    if (is_same_name(axes[i], axis)) return i;
  return std::nullopt;
}

std::optional<std::size_t> RatingTable::find_text_column(std::string_view column) const {
  return index_of(text_columns, column);
}

std::size_t RatingTable::require_axis(std::string_view axis) const {
  if (const auto index = find_axis(axis)) return *index;
  throw InvalidInput(fmt::format("{}: expected an axis '{}', got '{}'", file, axis, fmt::join(axes, "', '")));
}

std::vector<std::string> RatingTable::text(std::string_view column) const {
  const auto index = find_text_column(column);
  if (!index)
    throw InvalidInput(
        fmt::format("{}: expected a column '{}', got '{}'", file, column, fmt::join(text_columns, "', '")));
  std::vector<std::string> values;
  for (const RatingRow& row : rows) values.push_back(row.texts[*index]);
  return values;
}

RatingTable read_ratings(const std::filesystem::path& path, const RatingOptions& options) {
  if (std::error_code ignored; std::filesystem::is_directory(path, ignored))
    return read_musiceval_package(path, options);
  const RatingFile file = read_rating_file(path, options.list_columns);
  const Roles roles = find_roles(file, options);
  RatingTable table;
  table.file = file.name;
  table.sha256 = file.sha256;
  table.key_column = file.columns[roles.key];
  for (const std::size_t column : roles.axes) table.axes.push_back(file.columns[column]);
  for (const std::size_t column : roles.texts) table.text_columns.push_back(file.columns[column]);
  table.left_out = roles.left_out;
  for (const auto& source : file.rows) {
    RatingRow row = make_row(file, source, roles);
    // A manifest row too broken to name its clip.
    if (row.key.empty() && !row.error.empty()) continue;
    table.rows.push_back(std::move(row));
  }
  if (roles.rater != RatingFile::npos) gather_raters(table);
  check_keys(table);
  if (options.texts == TextColumns::kOthersAndNames) add_published_columns(table);
  return table;
}

}  // namespace qamro::data
