#include "qamro/data/rater_rows.h"

#include <fmt/format.h>

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/data/rating_cell.h"

namespace qamro::data {
namespace {

// Pairs of clip and rater seen so far. Raters without a name never count as repeated.
using Seen = std::unordered_set<std::string>;

void check_fits(const RatingTable& table, const RatingRow& first, const RatingRow& row, Seen& seen) {
  const std::string& rater = row.rater_ids.front();
  if (!rater.empty() && !seen.insert(row.key + '\0' + rater).second)
    throw InvalidInput(fmt::format("{}: rater '{}' has already rated {} '{}' (first row: line {})",
                                   table.where(row), rater, table.key_column, row.key, first.line));
  if (row.system != first.system)
    throw InvalidInput(fmt::format("{}: {} '{}' belongs to system '{}' here and to '{}' in line {}",
                                   table.where(row), table.key_column, row.key, row.system, first.system,
                                   first.line));
}

}  // namespace

void gather_raters(RatingTable& table) {
  std::vector<RatingRow> rows;
  std::unordered_map<std::string, std::size_t> row_of;
  Seen seen;
  for (RatingRow& row : table.rows) {
    const auto [found, is_new] = row_of.emplace(row.key, rows.size());
    if (is_new) {
      for (std::size_t axis = 0; axis < row.values.size(); ++axis)
        if (row.raters[axis].empty()) row.raters[axis] = {row.values[axis]};
      seen.insert(row.key + '\0' + row.rater_ids.front());
      rows.push_back(std::move(row));
      continue;
    }
    RatingRow& first = rows[found->second];
    check_fits(table, first, row, seen);
    first.rater_ids.push_back(row.rater_ids.front());
    for (std::size_t axis = 0; axis < row.values.size(); ++axis)
      first.raters[axis].push_back(row.values[axis]);
  }
  for (RatingRow& row : rows)
    for (std::size_t axis = 0; axis < row.values.size(); ++axis)
      row.values[axis] = mean_of_raters(row.raters[axis]);
  table.rows = std::move(rows);
}

}  // namespace qamro::data
