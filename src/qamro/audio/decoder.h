#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/audio/sound_source.h"
#include "qamro/core/enum_names.h"
#include "qamro/core/export.h"

namespace qamro::audio {

// How several channels become one: their mean (as in the published predictors), or the first one.
enum class MonoPolicy { mean, first };
constexpr auto enum_names(MonoPolicy) {
  return names_table<MonoPolicy>({{MonoPolicy::mean, "mean"}, {MonoPolicy::first, "first"}});
}

// A stretch of a file, in seconds. It is cut as in audiobox-aesthetics: from frame trunc(start · rate),
// trunc((end - start) · rate) frames, computed in double. A missing bound is the file's own. Times must be
// finite, with 0 <= start < end, and lie inside the file; because of rounded times, an end up to 0.01 s past
// the file's end counts as its end.
struct Segment {
  std::optional<double> start_seconds;
  std::optional<double> end_seconds;
};

// What a recording is like apart from its content.
struct SoundProperties {
  int sample_rate_hz = 0;  // the file's own
  int channels = 0;        // of the file
  // Root mean square after mixing to mono, in dB below full scale: 0 for a square wave at full scale, -3 for
  // a sine, minus infinity for digital silence.
  double level_db = -std::numeric_limits<double>::infinity();
  // What was odd about the file, and how it was read all the same; empty for nearly all files.
  std::string note = {};

  bool operator==(const SoundProperties&) const = default;
};

// Reads an audio file block by block as mono float32, nominally in [-1, 1]: wav, flac, ogg vorbis, opus, mp3,
// aiff and whatever else libsndfile opens; m4a, webm, wma, films and whatever else FFmpeg's libraries open,
// if they are installed; at 1,000 to 768,000 Hz and with 1 to 256 channels. Memory stays bounded, however
// long the file is and whatever its header claims: one block, and for what must be decoded to learn its
// length (mp3, ogg, what FFmpeg reads) at most 16 MB of decoded samples. Any length of at least one sample is
// read; the caller decides what is too short to score.
//
// Every function throws DecodeError, naming the file, what was expected and what was found:
// - no such file, a folder, a device, unreadable, empty, not audio, no samples, a segment outside the file;
// - truncated or damaged: fewer bytes, samples or seconds than the file's header, chunks, length tag or pages
//   promise; bytes between MPEG frames or ogg pages; an ogg stream without its end mark; a packet that the
//   decoder refuses. MPEG frames, AAC and AC-3 without a container cannot tell that whole packets are
//   missing. A broken flac is only noticed when reading gets there;
// - sound, or something unknown, behind the end of the sound, of which decoders read only the first part:
//   joined files, sizes that wrapped at 4 GiB. Tags, chunks of other names and padding may follow;
// - samples that are NaN or infinite, with the time of the first. (MonoPolicy::first checks only
//   one channel.)
class QAMRO_API AudioReader {
 public:
  explicit AudioReader(const std::filesystem::path& path, const Segment& segment = {},
                       MonoPolicy policy = MonoPolicy::mean);
  // The same for sound in memory; `name` stands for the file's name in messages.
  AudioReader(std::shared_ptr<const SoundInMemory> sound, const std::string& name,
              const Segment& segment = {}, MonoPolicy policy = MonoPolicy::mean);
  ~AudioReader();
  AudioReader(AudioReader&&) noexcept;
  AudioReader& operator=(AudioReader&&) noexcept;

  int sample_rate_hz() const;
  int channels() const;
  // Frames of the segment; never -1, and exact also for mp3 and ogg, which are decoded once to count.
  std::int64_t frames() const;
  double duration_seconds() const { return static_cast<double>(frames()) / sample_rate_hz(); }
  // With the level of what was read so far.
  SoundProperties properties() const;

  // Fills `out` from the front and returns the number of samples, which is smaller than asked for only at the
  // segment's end.
  std::size_t read(std::span<float> out);

  // Hashes what is read from now on; call it before the first read.
  void hash_samples();
  // SHA-256 of the segment's samples as the file has them, before they become mono: little-endian float32,
  // frame by frame, all channels. The same samples in a wav and a flac have the same hash. Reads what is left
  // of the segment. Call it once, after hash_samples().
  std::string samples_sha256();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The whole segment at once.
QAMRO_API Waveform read_mono(const std::filesystem::path& path, const Segment& segment = {},
                             MonoPolicy policy = MonoPolicy::mean);

}  // namespace qamro::audio
