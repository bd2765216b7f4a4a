#include "qamro/data/ratings.h"

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/data/published_name.h"

namespace qamro::data {
namespace {

// Identifies a clip across files.
std::string identity(const RatingRow& row) {
  const auto name = published_name(row.key);
  return name && !name->id.empty() ? name->id : row.key;
}

void check_same_axes(const RatingTable& first, const RatingTable& other) {
  if (first.axes != other.axes)
    throw InvalidInput(fmt::format("{}: expected the axes of {} ('{}'), got '{}'", other.file, first.file,
                                   fmt::join(first.axes, "', '"), fmt::join(other.axes, "', '")));
}

// The row's texts in the order of the merged table's columns; that list grows with each table.
std::vector<std::string> texts_in_order(const RatingTable& table, const RatingRow& row,
                                        const std::vector<std::string>& columns) {
  std::vector<std::string> texts;
  for (const std::string& column : columns) {
    const auto index = table.find_text_column(column);
    texts.push_back(index ? row.texts[*index] : "");
  }
  return texts;
}

class Merger {
 public:
  explicit Merger(const RatingTable& first) {
    merged_.file = first.file;
    merged_.key_column = first.key_column;
    merged_.axes = first.axes;
  }

  void add(RatingTable& table) {
    check_same_axes(merged_, table);
    for (const std::string& column : table.text_columns)
      if (!merged_.find_text_column(column)) merged_.text_columns.push_back(column);
    for (RatingRow& row : table.rows) {
      if (row.file.empty()) row.file = table.file;
      row.texts = texts_in_order(table, row, merged_.text_columns);
      add(row);
    }
  }

  RatingTable take() {
    for (RatingRow& row : merged_.rows) row.texts.resize(merged_.text_columns.size());
    return std::move(merged_);
  }

 private:
  void add(RatingRow& row) {
    const auto [found, is_new] = row_of_.emplace(identity(row), merged_.rows.size());
    if (is_new) {
      merged_.rows.push_back(std::move(row));
      return;
    }
    RatingRow& first = merged_.rows[found->second];
    for (std::size_t axis = 0; axis < merged_.axes.size(); ++axis) check_agrees(first, row, axis);
    if (first.system.empty()) first.system = row.system;
    first.texts.resize(merged_.text_columns.size());
    for (std::size_t i = 0; i < row.texts.size(); ++i)
      if (first.texts[i].empty()) first.texts[i] = row.texts[i];
  }

  void check_agrees(RatingRow& first, RatingRow& row, std::size_t axis) const {
    const double a = first.values[axis];
    const double b = row.values[axis];
    if (a != b && !(std::isnan(a) && std::isnan(b)))
      throw InvalidInput(fmt::format("{}: {} of '{}' is {} here and {} in {}", merged_.where(row),
                                     merged_.axes[axis], row.key, b, a, merged_.where(first)));
    if (first.raters[axis].empty()) {
      first.raters[axis] = std::move(row.raters[axis]);
      if (first.rater_ids.empty()) first.rater_ids = row.rater_ids;
    }
  }

  RatingTable merged_;
  std::unordered_map<std::string, std::size_t> row_of_;
};

}  // namespace

RatingTable merge_ratings(std::vector<RatingTable> tables) {
  if (tables.empty()) throw InvalidInput("merging ratings: expected at least one table, got none");
  if (tables.size() == 1) return std::move(tables.front());
  Merger merger(tables.front());
  for (RatingTable& table : tables) merger.add(table);
  return merger.take();
}

RatingTable read_ratings(const std::vector<std::filesystem::path>& paths, const RatingOptions& options) {
  std::vector<RatingTable> tables;
  tables.reserve(paths.size());
  for (const auto& path : paths) tables.push_back(read_ratings(path, options));
  return merge_ratings(std::move(tables));
}

std::optional<RowCondition> parse_condition(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return std::nullopt;
  return RowCondition{text.substr(0, equals), text.substr(equals + 1)};
}

RatingTable rows_where(RatingTable table, const RowCondition& condition) {
  constexpr std::size_t kMaxValues = 8;
  const std::vector<std::string> cells = table.text(condition.column);
  std::vector<RatingRow> rows;
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (cells[i] == condition.value) rows.push_back(std::move(table.rows[i]));
  if (rows.empty()) {
    std::set<std::string> values;
    for (const std::string& cell : cells)
      if (values.size() < kMaxValues) values.insert(cell);
    throw InvalidInput(fmt::format("{}: column '{}': expected a row with '{}', got '{}'{}", table.file,
                                   condition.column, condition.value, fmt::join(values, "', '"),
                                   values.size() == kMaxValues ? ", ..." : ""));
  }
  table.rows = std::move(rows);
  return table;
}

}  // namespace qamro::data
