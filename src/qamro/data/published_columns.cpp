#include "qamro/data/published_columns.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "qamro/data/column_names.h"
#include "qamro/data/published_name.h"

namespace qamro::data {
namespace {

using Names = std::vector<std::optional<PublishedName>>;

// The name is in the key or in another column that can name a clip (track 2's lists give the domain in
// sample_id and the corpus in data_path).
Names names_of_rows(const RatingTable& table) {
  std::vector<std::size_t> columns;
  for (const auto name : kKeyColumns)
    if (const auto column = table.find_text_column(name)) columns.push_back(*column);
  Names names;
  for (const RatingRow& row : table.rows) {
    auto name = published_name(row.key);
    for (const std::size_t column : columns)
      if (!name) name = published_name(row.texts[column]);
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

void add_published_columns(RatingTable& table) {
  const Names names = names_of_rows(table);
  const bool file_has_systems = std::any_of(kSystemColumns.begin(), kSystemColumns.end(), [&](auto column) {
    return table.find_text_column(column).has_value();
  });
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] && table.rows[i].system.empty()) table.rows[i].system = names[i]->system;
  constexpr std::array<std::pair<const char*, std::string PublishedName::*>, 4> kColumns = {{
      {"system", &PublishedName::system},
      {"domain", &PublishedName::domain},
      {"prompt", &PublishedName::prompt},
      {"source", &PublishedName::source},
  }};
  for (const auto& [column, member] : kColumns) {
    if (table.find_text_column(column) || (file_has_systems && member == &PublishedName::system)) continue;
    if (std::none_of(names.begin(), names.end(),
                     [m = member](const auto& name) { return name && !((*name).*m).empty(); }))
      continue;
    table.text_columns.emplace_back(column);
    for (std::size_t i = 0; i < names.size(); ++i)
      table.rows[i].texts.push_back(names[i] ? (*names[i]).*member : "");
  }
}

}  // namespace qamro::data
