#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace qamro::data {

// Names that columns of manifests and tables of ratings may have, the best first.

inline constexpr std::array<std::string_view, 4> kPathColumns = {"path", "wav_path", "audio_path",
                                                                 "data_path"};
inline constexpr std::array<std::string_view, 3> kIdColumns = {"id", "sample_id", "key"};
// What names a clip: its path, or else its id.
inline constexpr auto kKeyColumns = [] {
  std::array<std::string_view, kPathColumns.size() + kIdColumns.size()> names{};
  std::copy(kIdColumns.begin(), kIdColumns.end(),
            std::copy(kPathColumns.begin(), kPathColumns.end(), names.begin()));
  return names;
}();
inline constexpr std::array<std::string_view, 2> kSystemColumns = {"system", "system_id"};
// What a row of scores says of its clip beside the scores (docs/models.md).
inline constexpr std::array<std::string_view, 4> kConditionColumns = {"familiarity", "sample_rate_hz",
                                                                      "channels", "level_db"};
inline constexpr std::array<std::string_view, 3> kRaterColumns = {"rater", "rater_id", "listener_id"};

// The short name of an axis that published files name differently: "PQ" for "Production_Quality", likewise
// PC, CE and CU; "mos" for SHEET's "score", "avg_score" and "answer". Any other name is returned unchanged.
inline std::string_view short_axis_name(std::string_view axis) {
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
