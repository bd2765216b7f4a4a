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
  explicit JsonFields(const nlohmann::ordered_json& object) {
    if (!object.is_object())
      throw InvalidInput(fmt::format("expected a JSON object, got {}", object.type_name()));
    for (const auto& [key, value] : object.items())
      if (!value.is_null()) {
        keys_.emplace_back(key);
        values_.push_back(&value);
      }
  }
  std::optional<std::string> find(std::span<const std::string_view> names) const override {
    const std::size_t found = find_named(keys_, names);
    if (found == keys_.size()) return std::nullopt;
    const nlohmann::ordered_json& value = *values_[found];
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number()) return value.dump();
    throw InvalidInput(
        fmt::format("'{}': expected text or a number, got {}", keys_[found], value.type_name()));
  }

 private:
  std::vector<std::string_view> keys_;
  std::vector<const nlohmann::ordered_json*> values_;
};

class CsvFields : public Fields {
 public:
  CsvFields(const io::CsvReader& reader, const io::CsvRow& row) {
    for (std::size_t column = 0; column < reader.header().size(); ++column)
      if (const auto cell = trimmed(row.fields.at(column)); !cell.empty()) {
        columns_.push_back(trimmed(reader.header()[column]));
        cells_.push_back(cell);
      }
  }
  std::optional<std::string> find(std::span<const std::string_view> names) const override {
    const std::size_t found = find_named(columns_, names);
    if (found == columns_.size()) return std::nullopt;
    return std::string(cells_[found]);
  }

 private:
  std::vector<std::string_view> columns_;  // those with a cell that is not empty
  std::vector<std::string_view> cells_;
};

}  // namespace qamro::data
