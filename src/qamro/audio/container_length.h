#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace qamro::audio {

// What containers say about their own length beyond what libsndfile hands on. Each function reads `file`, an
// open file descriptor, without moving its position, and never allocates by what the file claims.

// The sample data of a wav (RIFF, RIFX, RF64), aiff or au file.
struct DataChunk {
  std::int64_t promised_bytes;
  std::int64_t present_bytes;
};
// Nothing for other containers and for sizes that streaming writers leave open (0, or 2 GB less a little).
std::optional<DataChunk> data_chunk(int file);

struct OggStream {
  bool ended = false;    // the last whole page carries the end-of-stream mark that RFC 3533 demands
  bool chained = false;  // another stream begins after one has ended; libsndfile reads the first only
};
OggStream ogg_stream(int file);

// Where MPEG audio begins: behind ID3v2 tags.
std::int64_t mpeg_start(int file);

// Bytes of the layer III frame with this header; 0 if it is none or does not tell.
std::int64_t layer3_frame_bytes(std::span<const unsigned char, 4> header);

// Whether the first frame is a Xing or Info tag with the number of frames.
bool has_mpeg_length_tag(int file);

// Whether a layer III frame like the first one stands at `position` or shortly behind it.
bool mpeg_frames_follow(int file, std::int64_t position);

}  // namespace qamro::audio
