#include "qamro/data/column_names.h"

#include <array>
#include <utility>

namespace qamro::data {

std::string_view short_axis_name(std::string_view axis) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kShort = {{
      {"Production_Quality", "PQ"},
      {"Production_Complexity", "PC"},
      {"Content_Enjoyment", "CE"},
      {"Content_Usefulness", "CU"},
      {"score", "mos"},
      {"avg_score", "mos"},
      {"answer", "mos"},
  }};
  for (const auto& [name, short_name] : kShort)
    if (axis == name) return short_name;
  return axis;
}

}  // namespace qamro::data
