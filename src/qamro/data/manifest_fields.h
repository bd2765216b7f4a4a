#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/data/column_names.h"
#include "qamro/data/rating_cell.h"
#include "qamro/io/csv.h"

namespace qamro::data {

// A row of a manifest. find() returns, as text, the value of the first of `names` that the row has.
class Fields {
 public:
  virtual ~Fields() = default;
  // Throws InvalidInput if the value is neither text nor a number.
  virtual std::optional<std::string> find(std::span<const std::string_view> names) const = 0;

  std::optional<std::string> find(std::string_view name) const { return find(std::span(&name, 1)); }
};

class JsonFields : public Fields {
 public:
  explicit JsonFields(const nlohmann::ordered_json& object) : object_(object) {
    if (!object.is_object())
      throw InvalidInput(fmt::format("expected a JSON object, got {}", object.type_name()));
  }
  std::optional<std::string> find(std::span<const std::string_view> names) const override {
    std::vector<std::string> keys;
    std::vector<const nlohmann::ordered_json*> values;
    for (const auto& [key, value] : object_.items())
      if (!value.is_null()) {
        keys.push_back(key);
        values.push_back(&value);
      }
    const std::size_t found = find_named(keys, names);
    if (found == keys.size()) return std::nullopt;
    const nlohmann::ordered_json& value = *values[found];
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number()) return value.dump();
    throw InvalidInput(
        fmt::format("'{}': expected text or a number, got {}", keys[found], value.type_name()));
  }

 private:
  const nlohmann::ordered_json& object_;
};

class CsvFields : public Fields {
 public:
  CsvFields(const io::CsvReader& reader, const io::CsvRow& row) : reader_(reader), row_(row) {}
  std::optional<std::string> find(std::span<const std::string_view> names) const override {
    std::vector<std::string> columns;
    std::vector<std::string_view> cells;
    for (std::size_t column = 0; column < reader_.header().size(); ++column)
      if (const auto cell = trimmed(row_.fields.at(column)); !cell.empty()) {
        columns.emplace_back(trimmed(reader_.header()[column]));
        cells.push_back(cell);
      }
    const std::size_t found = find_named(columns, names);
    if (found == columns.size()) return std::nullopt;
    return std::string(cells[found]);
  }

 private:
  const io::CsvReader& reader_;
  const io::CsvRow& row_;
};

}  // namespace qamro::data
