#include "qamro/evaluation/system_truth.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "qamro/core/error.h"
#include "qamro/data/ratings.h"
#include "qamro/io/csv.h"

namespace qamro::evaluation {
namespace {

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// If the second field of the first row is a number, that row is not a header.
bool has_header(const std::filesystem::path& path) {
  if (path.extension() != ".csv" && path.extension() != ".txt") return true;
  io::CsvReader reader(path, {.header = false, .equal_columns = false});
  io::CsvRow row;
  return !reader.next(row) || row.fields.size() < 2 || !number(row.fields[1]);
}

SystemTruth read_without_header(const std::filesystem::path& path, std::size_t axes) {
  io::CsvReader reader(path, {.header = false});
  SystemTruth truth;
  truth.values.resize(axes);
  std::unordered_map<std::string, std::size_t> line_of;
  for (io::CsvRow row; reader.next(row);) {
    const std::string where = reader.where(row.line);
    if (row.fields.size() != axes + 1)
      throw InvalidInput(
          fmt::format("{}: expected a system and {} numbers, got {} fields", where, axes, row.fields.size()));
    const auto [first, is_new] = line_of.emplace(row.fields[0], row.line);
    if (!is_new)
      throw InvalidInput(
          fmt::format("{}: system '{}' is already in line {}", where, row.fields[0], first->second));
    truth.systems.push_back(row.fields[0]);
    for (std::size_t axis = 0; axis < axes; ++axis) {
      const auto value = number(row.fields[axis + 1]);
      if (!value)
        throw InvalidInput(fmt::format("{}: expected a number, got '{}'", where, row.fields[axis + 1]));
      truth.values[axis].push_back(*value);
    }
  }
  return truth;
}

// Tries "system", then "system_id": the reader refuses a file without the column.
data::RatingTable read_with_header(const std::filesystem::path& path, const std::vector<std::string>& axes) {
  try {
    return data::read_ratings(path, {.axes = axes, .key = "system", .system = {}});
  } catch (const InvalidInput& no_system) {
    try {
      return data::read_ratings(path, {.axes = axes, .key = "system_id", .system = {}});
    } catch (const InvalidInput&) {
      throw no_system;
    }
  }
}

}  // namespace

SystemTruth read_system_truth(const std::filesystem::path& path, const std::vector<std::string>& axes) {
  if (!has_header(path)) return read_without_header(path, axes.size());
  const data::RatingTable table = read_with_header(path, axes);
  SystemTruth truth;
  truth.values.resize(axes.size());
  for (const data::RatingRow& row : table.rows) {
    truth.systems.push_back(row.key);
    for (std::size_t axis = 0; axis < axes.size(); ++axis) truth.values[axis].push_back(row.values[axis]);
  }
  return truth;
}

}  // namespace qamro::evaluation
