#pragma once

#include <string>
#include <string_view>

namespace qamro::data {

// The recording that a clip of AES-Natural was cut from, as its path tells:
//   MUSDB18/<part>/<song>/<stem>.wav                         "MUSDB18/<song>": a song's stems and its mixture
//   unbalanced_train_segments/audio/<id>_<from>_<to>.flac    "YouTube/<id>"
//   musiccaps/<id>.wav                                       "YouTube/<id>"
//   LibriTTS/<set>/<speaker>/<chapter>/...                   "LibriTTS/<speaker>/<chapter>"
// with any folders in front. "" for every other path, EARS and Common Voice too, whose clips were recorded
// one by one.
std::string source_recording(std::string_view path);

}  // namespace qamro::data
