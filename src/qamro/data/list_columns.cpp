#include "qamro/data/list_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "qamro/core/error.h"
#include "qamro/data/audio_folder.h"
#include "qamro/data/column_names.h"
#include "qamro/data/rating_cell.h"

namespace qamro::data {
namespace {

template <typename Names>
bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_header(const std::vector<std::string>& row) {
  if (row.size() < 2 || contains(kKeyColumns, row[0]) || contains(kSystemColumns, row[0])) return true;
  return std::none_of(row.begin() + 1, row.end(),
                      [](const std::string& field) { return parse_number(field).has_value(); });
}

bool is_musiceval_system(const std::string& name) {
  return name.size() == 4 && name[0] == 'S' &&
         std::all_of(name.begin() + 1, name.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

std::optional<std::vector<std::string>> columns_of_list(const std::vector<std::string>& first_row,
                                                        const std::string& where) {
  if (is_header(first_row)) return std::nullopt;
  const std::string clip = has_audio_extension(first_row[0]) ? "path" : "id";
  switch (first_row.size()) {
    case 2:
      return std::vector<std::string>{clip, "mos"};
    case 3:
      return std::vector<std::string>{is_musiceval_system(first_row[0]) ? "system" : clip, "MI", "TA"};
    case 4:
      return std::vector<std::string>{clip, "rater", "MI", "TA"};
    default:
      throw InvalidInput(fmt::format(
          "{}: expected a header, or a list without one (clip,score or clip,MI,TA or clip,rater,MI,TA), got {} fields with numbers among them",
          where, first_row.size()));
  }
}

}  // namespace qamro::data
