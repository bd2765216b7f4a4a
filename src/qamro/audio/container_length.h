#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace qamro::audio {

// What containers say about their own length beyond what libsndfile reports. Each function reads `file`,
// an open file descriptor, without moving its position, and never allocates memory based on what the
// file claims.

// The sample data of a wav (RIFF, RIFX, RF64), aiff or au file.
struct DataChunk {
  std::int64_t promised_bytes;
  std::int64_t present_bytes;
};
// Empty for other containers, and for sizes that streaming writers leave open (0, or 0x7FFF0000 and above).
std::optional<DataChunk> data_chunk(int file);

struct OggStream {
  bool ended = false;    // the last page is whole and has the end-of-stream mark that RFC 3533 demands
  bool chained = false;  // another stream begins after the end of one; libsndfile reads only the first
};
OggStream ogg_stream(int file);

// Where MPEG audio begins, after ID3v2 tags.
std::int64_t mpeg_start(int file);

// Size in bytes of the layer III frame with this header; 0 if the header is of another kind or does not give
// the size.
std::int64_t layer3_frame_bytes(std::span<const unsigned char, 4> header);

// Whether the first frame is a Xing or Info tag that gives the number of frames.
bool has_mpeg_length_tag(int file);

// Whether a layer III frame like the first one begins at `position` or within the 4 KiB after it.
bool mpeg_frames_follow(int file, std::int64_t position);

}  // namespace qamro::audio
