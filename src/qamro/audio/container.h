#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <optional>
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

// What containers say about their own length, and what lies in the file. Each function reads `file`, an open
// file descriptor, without moving its position, and never allocates memory based on what the file claims.

// The sample data of a container of chunks: wav (RIFF, RIFX, RF64, BW64), w64, aiff, caf, au, voc.
struct SampleData {
  std::int64_t begin = 0;                     // in the file
  std::optional<std::int64_t> promised = {};  // bytes; empty where the header leaves the length open
  std::int64_t present = 0;                   // bytes up to the promised end or the end of the file
  std::int64_t behind = 0;                    // bytes of sound, or of something unknown, after the samples
  int wav_format = 0;                         // format tag of a wav, such as 1 (PCM) or 0x55 (mp3)
  int block_bytes = 0;                        // of a wav: bytes of one frame of samples
  int blocks = 1;                             // of a voc: blocks of sound
  // Where an open size stands that libsndfile takes at its word: a wav's 0 although samples follow, in 4
  // bytes, or a caf's -1, in 8.
  std::optional<std::int64_t> open_size_at = {};
};
// Empty for other files. A size is open if it cannot be true: it says 0 or -1, or it promises more than 64
// MiB, of which less than an eighth is there. Writers that cannot go back put any number there.
std::optional<SampleData> sample_data(int file);

struct OggStream {
  bool is_ogg = false;      // the file begins with a whole page; nothing below is set otherwise
  bool ended = false;       // the last page has the end-of-stream mark that RFC 3533 demands
  bool cut = false;         // behind the last whole page, another one begins
  bool is_damaged = false;  // between pages, bytes that are no page, or a page whose checksum is wrong
  bool chained = false;     // another stream begins after the end of one; libsndfile reads only the first
  std::int64_t behind = 0;  // bytes after the last page
};
// By libogg.
OggStream ogg_stream(int file);

// Bytes behind a recording in mp4's boxes: of a second one, or of something that is no box. Negative: the
// number of bytes that its sound lacks.
std::int64_t bytes_behind_mp4(int file);
// Bytes behind the last segment of a matroska or webm file that are no element of one: of a file of another
// kind, or of something unknown. Negative: the number of bytes that its last element lacks.
std::int64_t bytes_behind_matroska(int file);

// Bytes after the frame that holds the last sample of a flac file with `frames` frames; empty if libFLAC
// cannot find that frame.
std::optional<std::int64_t> bytes_behind_flac(int file, std::int64_t frames);

}  // namespace qamro::audio
