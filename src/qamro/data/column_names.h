#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace qamro::data {

// Names that columns of manifests and tables of ratings may have, the best first. is_named() decides whether
// a column has one.

inline constexpr std::array<std::string_view, 17> kPathColumns = {
    "path",     "wav_path",       "audio_path", "data_path", "file_path",  "audio_filepath",
    "filename", "audio_filename", "wav_file",   "wav_name",  "audio_file", "wav",
    "audio",    "file",           "fname",      "wav_id",    "filepath"};
inline constexpr std::array<std::string_view, 12> kIdColumns = {
    "id",  "sample_id", "key",  "utt_id", "utterance_id", "clip_id",
    "utt", "utterance", "clip", "sample", "stimulus",     "name"};
// What names a clip: its path, or else its id.
inline constexpr auto kKeyColumns = [] {
  std::array<std::string_view, kPathColumns.size() + kIdColumns.size()> names{};
  std::copy(kIdColumns.begin(), kIdColumns.end(),
            std::copy(kPathColumns.begin(), kPathColumns.end(), names.begin()));
  return names;
}();
inline constexpr std::array<std::string_view, 5> kSystemColumns = {"system", "system_id", "systems",
                                                                   "system_name", "sys_id"};
// What a row of scores says of its clip beside the scores (docs/models.md).
inline constexpr std::array<std::string_view, 4> kConditionColumns = {"familiarity", "sample_rate_hz",
                                                                      "channels", "level_db"};
inline constexpr std::array<std::string_view, 10> kRaterColumns = {
    "rater",     "rater_id", "listener_id",  "listener",  "listener_name",
    "worker_id", "worker",   "annotator_id", "annotator", "judge"};

// Whether two names differ only in what people write differently: "utteranceId" and "utterance_id" are one
// name.
constexpr bool is_same_name(std::string_view a, std::string_view b) {
  const auto is_separator = [](char c) { return c == '_' || c == '-' || c == ' ' || c == '.'; };
  const auto lower = [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); };
  std::size_t i = 0, j = 0;
  while (true) {
    while (i < a.size() && is_separator(a[i])) ++i;
    while (j < b.size() && is_separator(b[j])) ++j;
    if (i == a.size() || j == b.size()) return i == a.size() && j == b.size();
    if (lower(a[i++]) != lower(b[j++])) return false;
  }
}

// Whether a column has one of the names.
template <typename Names>
bool is_named(std::string_view column, const Names& names) {
  return !column.empty() && std::any_of(names.begin(), names.end(),
                                        [&](std::string_view name) { return is_same_name(column, name); });
}

// The position of the column with the best name: the earliest name, and that name itself rather than another
// way to write it. columns.size() if none has one.
template <typename Columns, typename Names>
std::size_t find_named(const Columns& columns, const Names& names) {
  for (const std::string_view name : names) {
    const auto same = std::find(columns.begin(), columns.end(), name);
    if (same != columns.end()) return static_cast<std::size_t>(same - columns.begin());
    for (std::size_t column = 0; column < columns.size(); ++column)
      if (is_same_name(columns[column], name)) return column;
  }
  return columns.size();
}

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
