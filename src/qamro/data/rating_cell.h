#pragma once

#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
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

RatingCell parse_csv_cell(std::string text);
RatingCell parse_json_cell(const nlohmann::ordered_json& json);

// A finite number; blanks around it and a leading '+' are allowed.
std::optional<double> parse_number(std::string_view text);

// The mean of the ratings that were given; NaN if there are none.
double mean_of_raters(const std::vector<double>& ratings);

// Merges a clip's rows, each from one rater, into a single row: lists of ratings and raters in file order,
// values that are their means, and everything else from the first row. Throws InvalidInput that names both
// lines if a rater occurs twice for a clip or a clip has two systems.
void gather_raters(RatingTable& table);

}  // namespace qamro::data
