#include "qamro/training/label_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/data/published_name.h"
#include "qamro/data/system_rule.h"

namespace qamro::training {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kMaxShown = 60;  // characters of a bad value in a message

std::size_t find_column(const data::RatingFile& file, const std::string& column) {
  const std::string_view name = column;
  return file.find({&name, 1});
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

LabelFiles::LabelFiles(const DataSection& data) {
  const auto add = [this](const std::string& path, const char* side) {
    if (path.empty()) return;
    files_.push_back(data::read_rating_file(path));
    sides_.emplace_back(side);
  };
  add(data.labels, "train");
  add(data.validation_labels, "validation");
  add(data.test_labels, "test");
  for (std::size_t file = 0; file < files_.size(); ++file)
    for (const data::RatingFile::Row& row : files_[file].rows) rows_.push_back({file, &row});
}

bool LabelFiles::has(const std::string& column) const {
  return std::ranges::all_of(files_, [&](const data::RatingFile& file) {
    return find_column(file, column) != data::RatingFile::npos;
  });
}

std::vector<const data::RatingCell*> LabelFiles::cells(const std::string& column) const {
  std::vector<std::size_t> indices;
  for (const data::RatingFile& file : files_) {
    indices.push_back(find_column(file, column));
    if (indices.back() == data::RatingFile::npos)
      throw InvalidInput(fmt::format("{}: expected a column '{}', got '{}'", file.name, column,
                                     fmt::join(file.columns, "', '")));
  }
  std::vector<const data::RatingCell*> result;
  for (const Row& row : rows_) result.push_back(&row.row->cells[indices[row.file]]);
  return result;
}

std::vector<std::string> LabelFiles::strings(const std::string& column) const {
  std::vector<std::string> values;
  for (const data::RatingCell* cell : cells(column)) values.push_back(cell->text);
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
  for (const data::RatingCell* cell : cells(column)) {
    if (cell->is_text())
      throw InvalidInput(fmt::format("{}: column '{}': expected a number, got '{}'", where(values.size()),
                                     column, cell->text.substr(0, kMaxShown)));
    if (const auto* number = std::get_if<double>(&cell->value))
      values.push_back(*number);
    else if (const auto* raters = std::get_if<std::vector<double>>(&cell->value))
      values.push_back(data::mean_of_raters(*raters));
    else
      values.push_back(kMissing);
  }
  return values;
}

std::vector<std::string> LabelFiles::paths(const DataSection& data) const {
  std::vector<std::string> paths = strings(data.path_column);
  for (std::size_t row = 0; row < paths.size(); ++row) {
    if (paths[row].empty())
      throw InvalidInput(
          fmt::format("{}: column '{}': expected a path, got nothing", where(row), data.path_column));
    if (!paths[row].starts_with(data.path_prefix))
      throw InvalidInput(fmt::format("{}: column '{}': expected a path that begins with '{}', got '{}'",
                                     where(row), data.path_column, data.path_prefix, paths[row]));
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
  return files_[rows_[row].file].where(*rows_[row].row);
}

std::string LabelFiles::sha256() const {
  if (files_.size() == 1) return sha256_file(files_.front().name);
  std::string all;
  for (const data::RatingFile& file : files_) all += sha256_file(file.name);
  return sha256_hex(all);
}

}  // namespace qamro::training
