#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "qamro/core/error.h"
#include "qamro/data/clip_names.h"
#include "qamro/data/column_names.h"
#include "qamro/data/published_name.h"
#include "qamro/data/ratings.h"

namespace qamro::data {
namespace {

using RowOfKey = std::unordered_map<std::string, std::size_t>;

// A column that can name the rows of a table, and what it identifies. Two columns join if they identify the
// same thing.
struct KeyColumn {
  std::string name;
  std::string thing;  // compared by is_same_name()
};

std::string_view thing_of(std::string_view column) {
  return is_named(column, kPathColumns) ? kPathColumns.front() : column;
}

bool is_id(std::string_view column) {
  return is_named(column, kIdColumns);
}

std::vector<KeyColumn> key_columns(const RatingTable& table) {
  std::vector<KeyColumn> columns = {{table.key_column, std::string(thing_of(table.key_column))}};
  for (const auto name : kKeyColumns)
    for (const std::string& column : table.text_columns)
      if (is_same_name(column, name)) columns.push_back({column, std::string(thing_of(column))});
  return columns;
}

std::string published_id(const std::string& key) {
  const auto name = published_name(key);
  return name ? name->id : "";
}

std::pair<std::string, std::string> common_columns(const RatingTable& labels,
                                                   const RatingTable& predictions) {
  const auto ours = key_columns(labels);
  const auto theirs = key_columns(predictions);
  for (const auto& column : ours)
    for (const auto& candidate : theirs)
      if (is_same_name(column.thing, candidate.thing)) return {column.name, candidate.name};
  for (const auto& column : ours)
    for (const auto& candidate : theirs)
      if (is_id(column.name) && is_id(candidate.name)) return {column.name, candidate.name};
  // A path and an id, or columns that the user has named: their values decide.
  return {labels.key_column, predictions.key_column};
}

RowOfKey rows_by_key(const RatingTable& table, const std::string& column,
                     const std::vector<std::string>& keys) {
  RowOfKey row_of;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].empty()) continue;
    const auto [first, is_new] = row_of.emplace(keys[i], i);
    if (!is_new)
      throw InvalidInput(fmt::format("{}: {} '{}' is already in line {}", table.where(table.rows[i]), column,
                                     keys[i], table.rows[first->second].line));
  }
  return row_of;
}

// Rows by the published name of their key; a name shared by two rows leads to kNoMatch.
RowOfKey rows_by_published_id(const std::vector<std::string>& keys) {
  RowOfKey row_of;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string id = published_id(keys[i]);
    if (id.empty()) continue;
    const auto [found, is_new] = row_of.emplace(id, i);
    if (!is_new) found->second = kNoMatch;
  }
  return row_of;
}

// For each label, the row of its prediction, or kNoMatch.
std::vector<std::size_t> match(const std::vector<std::string>& keys, const RowOfKey& prediction_of,
                               const std::vector<std::string>& prediction_keys) {
  std::vector<std::size_t> rows(keys.size(), kNoMatch);
  std::size_t unmatched = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto found = prediction_of.find(keys[i]);
    if (found != prediction_of.end()) rows[i] = found->second;
    unmatched += rows[i] == kNoMatch ? 1 : 0;
  }
  if (unmatched == 0) return rows;
  const RowOfKey ours = rows_by_published_id(keys);
  const RowOfKey theirs = rows_by_published_id(prediction_keys);
  for (const auto& [id, label] : ours) {
    const auto found = theirs.find(id);
    if (label != kNoMatch && rows[label] == kNoMatch && found != theirs.end()) rows[label] = found->second;
  }
  return rows;
}

// Joins more rows by what their names mean; returns what to say of it.
std::string match_names(const RatingTable& labels, const std::vector<std::string>& keys,
                        const RatingTable& predictions, const std::vector<std::string>& prediction_keys,
                        std::vector<std::size_t>& rows) {
  const std::vector<std::size_t> before = rows;
  match_by_name(keys, prediction_keys, rows);
  std::size_t joined = 0, first = 0;
  for (std::size_t i = rows.size(); i-- > 0;) {
    if (rows[i] == before[i]) continue;
    const std::string& ours = labels.rows[i].system;
    const std::string& theirs = predictions.rows[rows[i]].system;
    if (!ours.empty() && !theirs.empty() && ours != theirs) {
      rows[i] = kNoMatch;
      continue;
    }
    ++joined;
    first = i;
  }
  if (joined == 0) return "";
  return fmt::format("{} of {} clips are joined by names that differ in form, as '{}' and '{}'", joined,
                     keys.size(), keys[first], prediction_keys[rows[first]]);
}

// "FILE: 6 of 7 rows are not in OTHER (by path): 'b' (line 3), ... Nearest to 'b': ..."
void refuse(const RatingTable& table, const std::vector<std::string>& keys,
            const std::vector<std::size_t>& unmatched, const RatingTable& other,
            const std::vector<std::string>& other_keys, const std::string& column) {
  std::vector<std::string> named;
  named.reserve(unmatched.size());
  for (const std::size_t row : unmatched)
    named.push_back(fmt::format("'{}' (line {})", keys[row], table.rows[row].line));
  throw InvalidInput(fmt::format("{}: {} of {} rows are not in {} (by {}): {}. {}", table.file,
                                 unmatched.size(), keys.size(), other.file, column, first_names(named),
                                 describe_nearest(keys[unmatched.front()], other_keys)));
}

}  // namespace

RatingJoin join_ratings(const RatingTable& labels, const RatingTable& predictions, const JoinPolicy& policy) {
  const auto [our_column, their_column] = common_columns(labels, predictions);
  const auto keys = labels.text(our_column);
  const auto prediction_keys = predictions.text(their_column);
  rows_by_key(labels, our_column, keys);  // throws if a key occurs twice
  auto found = match(keys, rows_by_key(predictions, their_column, prediction_keys), prediction_keys);
  RatingJoin join;
  join.by_name = match_names(labels, keys, predictions, prediction_keys, found);
  join.key_column = our_column;
  std::vector<bool> is_used(prediction_keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (found[i] == kNoMatch || is_used[found[i]]) {
      join.missing.push_back(i);
    } else {
      join.rows.emplace_back(i, found[i]);
      is_used[found[i]] = true;
    }
  }
  for (std::size_t i = 0; i < is_used.size(); ++i)
    if (!is_used[i]) join.extra.push_back(i);
  if (!join.missing.empty() && policy.labels == Unmatched::kRefuse)
    refuse(labels, keys, join.missing, predictions, prediction_keys, our_column);
  if (!join.extra.empty() && policy.predictions == Unmatched::kRefuse)
    refuse(predictions, prediction_keys, join.extra, labels, keys, their_column);
  return join;
}

}  // namespace qamro::data
