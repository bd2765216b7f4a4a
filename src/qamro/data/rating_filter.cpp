#include "qamro/data/rating_filter.h"

#include <fmt/format.h>

#include <set>

#include "qamro/core/error.h"

namespace qamro::data {

RatingTable rows_where(RatingTable table, const std::string& column, const std::string& value) {
  constexpr std::size_t kMaxValues = 8;
  const std::vector<std::string> cells = table.text(column);
  std::vector<RatingRow> rows;
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (cells[i] == value) rows.push_back(std::move(table.rows[i]));
  if (rows.empty()) {
    std::set<std::string> values;
    for (const std::string& cell : cells)
      if (values.size() < kMaxValues) values.insert(cell);
    throw InvalidInput(fmt::format("{}: column '{}': expected a row with '{}', got '{}'{}", table.file,
                                   column, value, fmt::join(values, "', '"),
                                   values.size() == kMaxValues ? ", ..." : ""));
  }
  table.rows = std::move(rows);
  return table;
}

}  // namespace qamro::data
