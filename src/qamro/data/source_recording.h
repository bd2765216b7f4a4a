#pragma once

#include <string>
#include <string_view>

namespace qamro::data {

// The recording from which a clip of AES-Natural was cut, according to its path:
//   MUSDB18/<part>/<song>/<stem>.wav                         "MUSDB18/<song>": a song's stems and its mixture
//   unbalanced_train_segments/audio/<id>_<from>_<to>.flac    "YouTube/<id>"
//   musiccaps/<id>.wav                                       "YouTube/<id>"
//   LibriTTS/<set>/<speaker>/<chapter>/...                   "LibriTTS/<speaker>/<chapter>"
// with any folders in front. "" for every other path, including those of EARS and Common Voice, whose clips
// were recorded one by one.
std::string source_recording(std::string_view path);

}  // namespace qamro::data
