#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace qamro::data {

// True for the extensions of audio files, in upper or lower case: wav wave flac ogg oga opus mp3 aif aiff
// aifc au snd caf w64 rf64 voc sph.
bool has_audio_extension(const std::filesystem::path& path);

// Which sentence or prompt a clip is, if only its path is known: the file name without folders and without an
// audio extension.
std::string item_of_path(const std::filesystem::path& path);

struct AudioFolder {
  std::vector<std::filesystem::path> files;       // sorted bytewise
  std::vector<std::filesystem::path> unreadable;  // folders that could not be listed
};

// All files below a folder that have an audio extension. Links to folders are followed unless they lead back
// to a folder above. Names that begin with '.' are skipped (macOS leaves "._x.wav" beside x.wav).
AudioFolder audio_files_below(const std::filesystem::path& folder);

}  // namespace qamro::data
