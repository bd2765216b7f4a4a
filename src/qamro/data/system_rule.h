#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "qamro/data/regular_expression.h"

namespace qamro::data {

// How to get a clip's system from its path:
//   "folder"   name of the folder that the file lies in
//   "prefix"   file name up to the first '_', as in MusicEval ("S001_P012.wav": "S001"); none without a '_'
//   other      regular expression (RE2), searched for in the path: its first group, or the whole match if it
//   has
//              no group
class SystemRule {
 public:
  // Throws InvalidInput for an empty rule or an invalid regular expression.
  explicit SystemRule(const std::string& rule);

  // Empty if the rule does not match or finds an empty name.
  std::optional<std::string> find(const std::filesystem::path& path) const;

 private:
  enum class Kind { kFolder, kPrefix, kExpression };

  Kind kind_;
  std::optional<RegularExpression> expression_;
};

// The recording from which a clip of AES-Natural was cut, according to its path:
//   MUSDB18/<part>/<song>/<stem>.wav                         "MUSDB18/<song>": a song's stems and its mixture
//   unbalanced_train_segments/audio/<id>_<from>_<to>.flac    "YouTube/<id>"
//   musiccaps/<id>.wav                                       "YouTube/<id>"
//   LibriTTS/<set>/<speaker>/<chapter>/...                   "LibriTTS/<speaker>/<chapter>"
// with any folders in front. "" for every other path, including those of EARS and Common Voice, whose clips
// were recorded one by one.
std::string source_recording(std::string_view path);

}  // namespace qamro::data
