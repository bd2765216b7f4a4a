#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace qamro::data {

// True for the extensions of files with sound, films among them, in upper or lower case, whether they can be
// read or not.
bool has_audio_extension(const std::filesystem::path& path);

// Which sentence or prompt a clip is, if only its path is known: the file name without folders and without an
// audio extension.
std::string item_of_path(const std::filesystem::path& path);

struct AudioFolder {
  std::vector<std::filesystem::path> files;       // sorted bytewise
  std::vector<std::filesystem::path> unreadable;  // folders that could not be listed
  std::map<std::string, std::size_t> others;      // how many files are no audio, by extension (".txt", or "")
};

// All files below a folder that have an audio extension, or begin as audio files do. Links to folders are
// followed unless they lead back to a folder above. Names that begin with '.' are skipped (macOS leaves
// "._x.wav" beside x.wav).
AudioFolder audio_files_below(const std::filesystem::path& folder);

// "wavs: left out 12 files that are no audio: 8 .txt, 3 .json, 1 without an ending".
std::string describe_others(const std::filesystem::path& folder, const AudioFolder& found);

}  // namespace qamro::data
