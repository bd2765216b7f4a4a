#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace qamro::audio {

// MPEG audio (mp1, mp2, mp3) in a part of a file: its frames, counted header by header.
struct MpegFrames {
  std::array<unsigned char, 4> header{};  // of the first frame
  std::int64_t begin = 0;                 // of the first frame in the file
  std::int64_t end = 0;                   // of the last one
  std::int64_t count = 0;                 // frames of sound
  int samples_per_frame = 0;
  // What a Xing or Info tag, the first frame then, says: the number of frames of sound.
  std::optional<std::int64_t> promised = {};
  // The first place, behind the first frame, of bytes that are neither a frame nor a tag, and how many there
  // are in all.
  std::int64_t gap_at = 0;
  std::int64_t gap_bytes = 0;
  bool is_cut = false;      // the last frame is not whole
  std::int64_t behind = 0;  // bytes from where sound of another kind begins

  std::int64_t samples() const { return count * samples_per_frame; }
};

// Frames from `begin` on, after tags, and before `end`; empty if there are none. With `skips_junk` they may
// also begin later: at the first place in 256 KiB where four frames of one kind follow each other. Reads
// `file`, an open descriptor, without moving its position.
std::optional<MpegFrames> mpeg_frames(int file, std::int64_t begin, std::int64_t end,
                                      bool skips_junk = false);

// Whether the file begins, after tags, with the mark of an MPEG frame.
bool looks_like_mpeg(int file);

// What is put in front of layer III frames without a length tag, as speech services stream them. Without a
// tag, libsndfile estimates the length from the first frame's bit rate and stops there, so it may read only a
// third of a stream with variable bit rate. This tag claims more frames than there can be, so that the stream
// is decoded to its real end: the samples are the ones that libsndfile gives without the tag, but all of
// them, after `silent_samples`.
struct LengthTag {
  std::vector<unsigned char> bytes;
  std::int64_t silent_samples = 0;
};
// Without bytes for frames that need none: with a tag of their own, or of another layer.
LengthTag length_tag_for(const MpegFrames& frames);

}  // namespace qamro::audio
