#include "qamro/data/rating_cell.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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
#include "qamro/io/text_file.h"

namespace qamro::data {
namespace {

using Json = nlohmann::ordered_json;

// The digits of "1,234,567", without their commas, and whether there were any; the part before `end` only.
std::optional<std::string> without_thousands(std::string_view text, char mark) {
  std::string digits;
  std::size_t group = 0, groups = 0;
  for (const char c : text) {
    if (c == mark) {
      if (group == 0 || group > 3 || (groups > 0 && group != 3)) return std::nullopt;
      ++groups;
      group = 0;
    } else if (c >= '0' && c <= '9') {
      digits += c;
      ++group;
    } else {
      return std::nullopt;
    }
  }
  return groups > 0 && group == 3 ? std::optional(digits) : std::nullopt;
}

// A number with separated thousands, written with points alone: "1,234.5" is "1234.5".
std::optional<std::string> grouped_number(std::string_view text, DecimalMark mark) {
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  const char decimals = mark == DecimalMark::kComma ? ',' : '.',
             thousands = mark == DecimalMark::kComma ? '.' : ',';
  const auto end = text.find(decimals);
  const auto digits = without_thousands(text.substr(0, end), thousands);
  if (!digits) return std::nullopt;
  std::string number = (is_negative ? "-" : "") + *digits;
  if (end != std::string_view::npos) number += "." + std::string(text.substr(end + 1));
  return number;
}

// Whether a comma in the text can only stand before decimals: "3,5", "0,123", but not "1,234".
bool has_decimal_comma(std::string_view text) {
  const auto comma = text.find(',');
  if (comma == std::string_view::npos || text.find(',', comma + 1) != std::string_view::npos) return false;
  std::string pointed(text);
  pointed[comma] = '.';
  return parse_number(pointed) &&
         (!without_thousands(text, ',') || text.starts_with("0,") || text.starts_with("-0,"));
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

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::optional<double> parse_number(std::string_view text, const NumberStyle& style) {
  text = trimmed(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  std::string changed;
  if (const auto grouped = style.has_thousands ? grouped_number(text, style.mark) : std::nullopt) {
    changed = *grouped;
    text = changed;
  } else if (style.mark == DecimalMark::kComma) {
    // A point could stand before thousands or before decimals.
    if (text.find('.') != std::string_view::npos || std::count(text.begin(), text.end(), ',') > 1)
      return std::nullopt;
    changed = text;
    std::replace(changed.begin(), changed.end(), ',', '.');
    text = changed;
  }
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

NumberStyle NumberStyle::of(std::span<const std::string_view> cells) {
  bool comma = false, point = false, comma_thousands = false, point_thousands = false;
  for (std::string_view cell : cells) {
    cell = trimmed(cell);
    if (cell.find(',') == std::string_view::npos && cell.find('.') == std::string_view::npos) continue;
    comma = comma || has_decimal_comma(cell);
    point = point || parse_number(cell).has_value();
    // Both marks, or one of them twice, so that there is no doubt.
    const bool is_clear =
        (cell.find(',') != std::string_view::npos && cell.find('.') != std::string_view::npos) ||
        std::count(cell.begin(), cell.end(), ',') > 1 || std::count(cell.begin(), cell.end(), '.') > 1;
    if (!is_clear) continue;
    comma_thousands = comma_thousands || grouped_number(cell, DecimalMark::kPoint).has_value();
    point_thousands = point_thousands || grouped_number(cell, DecimalMark::kComma).has_value();
  }
  if (!point && !comma_thousands && (comma || point_thousands)) return {DecimalMark::kComma, point_thousands};
  return {DecimalMark::kPoint, comma_thousands && !comma};
}

bool is_like_number(std::string_view text) {
  text = trimmed(text);
  const std::string_view only[] = {text};  // NOLINT(modernize-avoid-c-arrays): a span of one
  return parse_number(text, NumberStyle::of(only)).has_value();
}

std::string hint_for(std::string_view cell) {
  cell = trimmed(cell);
  const std::string word = io::lower_case(cell);
  if (word.ends_with("inf") || word.ends_with("infinity"))
    return " (no number is infinite: leave the cell empty if there is none)";
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || c == ',' || c == '.' || c == '-'; };
  if (!cell.empty() && std::all_of(cell.begin(), cell.end(), is_digit))
    return " (thousands or decimals? write 1234 or 1.234, the same in the whole column)";
  return "";
}

bool is_missing_word(std::string_view text) {
  constexpr std::array<std::string_view, 20> kWords = {
      "",     "nan", "NaN",  "NAN", "-nan", "-NaN", "null", "NULL", "Null", "None",
      "none", "NA",  "<NA>", "N/A", "n/a",  "#N/A", "#NA",  "-",    "--",   "\xE2\x80\x93"};
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

RatingCell parse_csv_cell(std::string text, const NumberStyle& style) {
  RatingCell cell;
  const std::string_view content = trimmed(text);
  if (is_missing_word(content)) {
  } else if (const auto number = parse_number(content, style)) {
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
  } else if (json.is_string() && is_missing_word(trimmed(cell.text))) {
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
