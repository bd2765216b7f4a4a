#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

namespace qamro::audio {

// Reading at a place of an open file, without moving its position.

inline std::size_t read_at(int file, std::int64_t position, std::span<unsigned char> bytes) {
  const auto got = pread(file, bytes.data(), bytes.size(), position);
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

inline std::int64_t file_bytes(int file) {
  struct stat status {};
  return fstat(file, &status) == 0 ? status.st_size : 0;
}

inline bool is(const unsigned char* bytes, std::string_view tag) {
  return std::equal(tag.begin(), tag.end(), bytes,
                    [](char a, unsigned char b) { return a == static_cast<char>(b); });
}

// Where the tags end that begin at `position`: ID3v2, ID3v1, APEv2, Lyrics3, and up to 64 KiB of padding with
// one byte, one after another. They hold titles and pictures, but no sound. `position` itself if there is
// none.
std::int64_t end_of_tags(int file, std::int64_t position);

// Bytes of sound, or of something unknown, from `position` to the end of the file: 0 if all that follows is
// tags, or too little (64 bytes) to be sound.
std::int64_t bytes_behind(int file, std::int64_t position);

}  // namespace qamro::audio
