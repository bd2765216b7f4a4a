#pragma once

#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "qamro/data/ratings.h"

namespace qamro::data {

// Stands for a missing rating in tables of plain numbers.
inline constexpr double kNotRated = std::numeric_limits<double>::quiet_NaN();

// One cell of a table of ratings. std::monostate: missing. NaN in a list: that rater gave no rating. A
// string: neither a number nor a list of numbers.
struct RatingCell {
  std::variant<std::monostate, double, std::vector<double>, std::string> value;
  std::string text;  // as in the file; JSON strings without their quotes

  bool is_missing() const { return std::holds_alternative<std::monostate>(value); }
  bool is_text() const { return std::holds_alternative<std::string>(value); }
};

// What stands before the decimals of a column's numbers.
enum class DecimalMark { kPoint, kComma };

// Decides by all cells of a column: a comma if "3,5" is among them and no "3.5". "1,234" alone tells nothing.
struct NumberStyle {
  DecimalMark mark = DecimalMark::kPoint;
  bool has_thousands = false;  // "1,234.5" or "1.234,5" is among them, so that "1,234" is known

  static NumberStyle of(std::span<const std::string_view> cells);
};

RatingCell parse_csv_cell(std::string text, const NumberStyle& style = {});
RatingCell parse_json_cell(const nlohmann::ordered_json& json);

// Without blanks around it.
std::string_view trimmed(std::string_view text);

// A finite number; blanks around it and a leading '+' are allowed.
std::optional<double> parse_number(std::string_view text, const NumberStyle& style = {});

// What programs write if there is no number: "", "NA", "None", "-" and the like; no blanks around it.
bool is_missing_word(std::string_view text);

// Whether the text is a number in one style or the other.
bool is_like_number(std::string_view text);

// What would be right instead of a cell that is no number, in brackets after a blank; may be empty.
std::string hint_for(std::string_view cell);

// The mean of the ratings that were given; NaN if there are none.
double mean_of_raters(const std::vector<double>& ratings);

// Merges a clip's rows, each from one rater, into a single row: lists of ratings and raters in file order,
// values that are their means, and everything else from the first row. Throws InvalidInput that names both
// lines if a rater occurs twice for a clip or a clip has two systems.
void gather_raters(RatingTable& table);

}  // namespace qamro::data
