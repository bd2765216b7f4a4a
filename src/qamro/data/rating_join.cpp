#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "qamro/core/error.h"
#include "qamro/data/rating_file.h"
#include "qamro/data/ratings.h"

namespace qamro::data {
namespace {

constexpr std::size_t kMaxNamed = 5;

// A column of a table that can name its rows, and what it is: two columns join if they are the same thing.
struct KeyColumn {
  std::string name;
  std::string_view thing;
};

std::string_view thing_of(std::string_view column) {
  const bool is_path = std::find(kPathColumns.begin(), kPathColumns.end(), column) != kPathColumns.end();
  return is_path ? kPathColumns.front() : column;
}

std::vector<KeyColumn> key_columns(const RatingTable& table) {
  std::vector<KeyColumn> columns = {{table.key_column, thing_of(table.key_column)}};
  for (const auto name : kKeyColumns)
    if (table.find_text_column(name)) columns.push_back({std::string(name), thing_of(name)});
  return columns;
}

std::pair<std::string, std::string> common_columns(const RatingTable& labels,
                                                   const RatingTable& predictions) {
  const auto theirs = key_columns(predictions);
  for (const auto& ours : key_columns(labels))
    for (const auto& candidate : theirs)
      if (ours.thing == candidate.thing) return {ours.name, candidate.name};
  throw InvalidInput(fmt::format(
      "{} and {}: expected a common column to join on (path, id, sample_id or key), got '{}' and '{}'",
      labels.file, predictions.file, labels.key_column, predictions.key_column));
}

std::unordered_map<std::string, std::size_t> rows_by_key(const RatingTable& table,
                                                         const std::string& column) {
  std::unordered_map<std::string, std::size_t> row_of;
  const auto keys = table.text(column);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].empty()) continue;
    const auto [first, is_new] = row_of.emplace(keys[i], i);
    if (!is_new)
      throw InvalidInput(fmt::format("{}: {} '{}' is already in line {}", table.where(table.rows[i]), column,
                                     keys[i], table.rows[first->second].line));
  }
  return row_of;
}

}  // namespace

RatingJoin join_ratings(const RatingTable& labels, const RatingTable& predictions) {
  const auto [our_column, their_column] = common_columns(labels, predictions);
  rows_by_key(labels, our_column);  // for its check
  const auto prediction_of = rows_by_key(predictions, their_column);
  const auto keys = labels.text(our_column);
  RatingJoin join;
  join.key_column = our_column;
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto found = prediction_of.find(keys[i]);
    if (found == prediction_of.end()) {
      missing.push_back(fmt::format("'{}' (line {})", keys[i], labels.rows[i].line));
    } else {
      join.rows.emplace_back(i, found->second);
    }
  }
  if (!missing.empty()) {
    const std::size_t count = missing.size();
    missing.resize(std::min(count, kMaxNamed));
    const std::string example = predictions.rows.empty()
                                    ? "nothing"
                                    : fmt::format("'{}', ...", predictions.text(their_column).front());
    throw InvalidInput(fmt::format("{}: {} of {} rows are not in {} (by {}): {}{}. That file has {}",
                                   labels.file, count, keys.size(), predictions.file, our_column,
                                   fmt::join(missing, ", "), count > kMaxNamed ? ", ..." : "", example));
  }
  join.extra = predictions.rows.size() - join.rows.size();
  return join;
}

}  // namespace qamro::data
