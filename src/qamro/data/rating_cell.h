#pragma once

#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace qamro::data {

// Of a rating that nobody gave, in tables of plain numbers.
inline constexpr double kNotRated = std::numeric_limits<double>::quiet_NaN();

// One cell of a table of ratings. std::monostate: missing. In a list NaN is a rater who said nothing. A
// string: neither a number nor a list of numbers.
struct RatingCell {
  std::variant<std::monostate, double, std::vector<double>, std::string> value;
  std::string text;  // as the file writes it; of JSON strings without the quotes

  bool is_missing() const { return std::holds_alternative<std::monostate>(value); }
  bool is_text() const { return std::holds_alternative<std::string>(value); }
};

RatingCell parse_csv_cell(std::string text);
RatingCell parse_json_cell(const nlohmann::ordered_json& json);

// A finite number, with blanks around it or a leading '+' allowed.
std::optional<double> parse_number(std::string_view text);

// Of those who said something; NaN where nobody did.
double mean_of_raters(const std::vector<double>& ratings);

}  // namespace qamro::data
