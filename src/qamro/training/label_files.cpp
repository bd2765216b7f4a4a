#include "qamro/training/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/data/published_name.h"
#include "qamro/data/system_rule.h"

namespace qamro::training {
namespace {

// The columns that hold numbers, each once.
std::vector<std::string> number_columns(const DataSection& data,
                                        const std::vector<std::string>& more_numbers) {
  std::vector<std::string> wanted = data.label_columns;
  if (!data.weight_column.empty()) wanted.push_back(data.weight_column);
  wanted.insert(wanted.end(), more_numbers.begin(), more_numbers.end());
  std::vector<std::string> columns;
  for (std::string& column : wanted)
    if (std::ranges::find(columns, column) == columns.end()) columns.push_back(std::move(column));
  return columns;
}

// Names taken from the paths alone; "" for any other column.
std::vector<std::string> names_from_paths(const std::string& column, const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (const std::string& path : paths) {
    const auto name = data::published_name(path);
    names.push_back(column == "recording" ? data::source_recording(path)
                    : !name               ? std::string()
                    : column == "system"  ? name->system
                    : column == "prompt"  ? name->prompt
                    : column == "source"  ? name->source
                                          : std::string());
  }
  return names;
}

bool has_any_name(const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [](const std::string& name) { return !name.empty(); });
}

// Whether the systems stand in a column of another usual name, such as "system_id".
bool is_usual_system(const std::string& column, const data::RatingTable& file) {
  return column == DataSection().system_column && !file.find_text_column(column) &&
         std::ranges::any_of(file.rows, [](const data::RatingRow& row) { return !row.system.empty(); });
}

void check_distinct(const LabelFiles& files, const std::vector<std::string>& paths) {
  std::unordered_map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto [first, is_new] = seen.emplace(paths[i], i);
    if (!is_new)
      throw InvalidInput(fmt::format("{}: path '{}' is already at {}", files.where(i), paths[i],
                                     files.where(first->second)));
  }
}

}  // namespace

LabelFiles::LabelFiles(const DataSection& data, const std::vector<std::string>& more_numbers) {
  const data::RatingOptions options = {.axes = number_columns(data, more_numbers),
                                       .key = data.path_column,
                                       .columns_may_lack = data.path_column == DataSection().path_column,
                                       .role = data::RatingRole::kLabels,
                                       .texts = data::TextColumns::kOfFile};
  const auto add = [&](const std::string& path, const char* side) {
    if (path.empty()) return;
    files_.push_back(data::read_ratings(path, options));
    sides_.emplace_back(side);
  };
  add(data.labels, "train");
  add(data.validation_labels, "validation");
  add(data.test_labels, "test");
  for (std::size_t file = 0; file < files_.size(); ++file)
    for (std::size_t row = 0; row < files_[file].rows.size(); ++row) rows_.push_back({file, row});
}

bool LabelFiles::has(const std::string& column) const {
  return std::ranges::all_of(files_, [&](const data::RatingTable& file) {
    return file.find_text_column(column).has_value() || is_usual_system(column, file);
  });
}

std::vector<std::string> LabelFiles::strings(const std::string& column) const {
  std::vector<std::string> values;
  for (const data::RatingTable& file : files_) {
    if (!is_usual_system(column, file))
      std::ranges::move(file.text(column), std::back_inserter(values));
    else
      for (const data::RatingRow& row : file.rows) values.push_back(row.system);
  }
  return values;
}

bool LabelFiles::has_names(const std::string& column, const std::vector<std::string>& paths) const {
  return has(column) || has_any_name(names_from_paths(column, paths));
}

std::vector<std::string> LabelFiles::names(const std::string& column,
                                           const std::vector<std::string>& paths) const {
  if (has(column)) return strings(column);
  std::vector<std::string> names = names_from_paths(column, paths);
  return has_any_name(names) ? names : strings(column);  // throws, and lists the columns that exist
}

std::vector<double> LabelFiles::numbers(const std::string& column) const {
  std::vector<double> values;
  for (const data::RatingTable& file : files_) {
    const std::size_t axis = file.require_axis(column);
    for (const data::RatingRow& row : file.rows) values.push_back(row.values[axis]);
  }
  return values;
}

std::vector<std::string> LabelFiles::paths(const DataSection& data) const {
  std::vector<std::string> paths;
  for (const data::RatingTable& file : files_)
    for (const data::RatingRow& row : file.rows) paths.push_back(row.key);
  for (std::size_t row = 0; row < paths.size(); ++row) {
    if (!paths[row].starts_with(data.path_prefix))
      throw InvalidInput(fmt::format("{}: column '{}': expected a path that begins with '{}', got '{}'",
                                     where(row), files_[rows_[row].file].key_column, data.path_prefix,
                                     paths[row]));
    paths[row].erase(0, data.path_prefix.size());
  }
  check_distinct(*this, paths);
  return paths;
}

std::vector<std::string> LabelFiles::sides() const {
  std::vector<std::string> sides;
  for (const Row& row : rows_) sides.push_back(sides_[row.file]);
  return sides;
}

std::string LabelFiles::where(std::size_t row) const {
  const data::RatingTable& file = files_[rows_[row].file];
  return file.where(file.rows[rows_[row].row]);
}

std::string LabelFiles::sha256() const {
  if (files_.size() == 1) return files_.front().sha256;
  std::string all;
  for (const data::RatingTable& file : files_) all += file.sha256;
  return sha256_hex(all);
}

}  // namespace qamro::training
