#include "qamro/data/rating_cell.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "qamro/core/error.h"

namespace qamro::data {
namespace {

using Json = nlohmann::ordered_json;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// What programs write if there is no number.
bool is_missing_word(std::string_view text) {
  return text.empty() || text == "nan" || text == "NaN" || text == "null";
}

// "[1, 2.5, nan]", as Python and JSON write a list.
std::optional<std::vector<double>> parse_list(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('[') || !text.ends_with(']')) return std::nullopt;
  text = trimmed(text.substr(1, text.size() - 2));
  std::vector<double> items;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const std::string_view item = trimmed(text.substr(0, comma));
    const auto number = parse_number(item);
    if (item.empty() || (!number && !is_missing_word(item))) return std::nullopt;
    items.push_back(number.value_or(kNotRated));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
    if (trimmed(text).empty()) return std::nullopt;
  }
  return items;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  text = trimmed(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

RatingCell parse_csv_cell(std::string text) {
  RatingCell cell;
  const std::string_view content = trimmed(text);
  if (is_missing_word(content)) {
  } else if (const auto number = parse_number(content)) {
    cell.value = *number;
  } else if (auto list = parse_list(content)) {
    cell.value = std::move(*list);
  } else {
    cell.value = std::string(content);
  }
  cell.text = std::move(text);
  return cell;
}

RatingCell parse_json_cell(const Json& json) {
  RatingCell cell;
  cell.text =
      json.is_string() ? json.get<std::string>() : json.dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto is_rating = [](const Json& item) {
    return item.is_null() || (item.is_number() && std::isfinite(item.get<double>()));
  };
  if (json.is_null()) {
    cell.text.clear();
  } else if (json.is_number() && is_rating(json)) {
    cell.value = json.get<double>();
  } else if (json.is_array() && std::all_of(json.begin(), json.end(), is_rating)) {
    std::vector<double> items;
    for (const Json& item : json) items.push_back(item.is_null() ? kNotRated : item.get<double>());
    cell.value = std::move(items);
  } else {
    cell.value = cell.text;
  }
  return cell;
}

double mean_of_raters(const std::vector<double>& ratings) {
  double sum = 0;
  std::size_t count = 0;
  for (const double rating : ratings) {
    if (std::isnan(rating)) continue;
    sum += rating;
    ++count;
  }
  return count == 0 ? kNotRated : sum / static_cast<double>(count);
}

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
