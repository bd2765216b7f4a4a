#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "qamro/audio/waveform.h"

namespace qamro::audio {

// How several channels become one: their mean (as the published predictors take it), or the first one.
enum class MonoPolicy { mean, first };

// A stretch of a file, in seconds. As audiobox-aesthetics cuts it: from frame trunc(start · rate) on,
// trunc((end - start) · rate) frames. A missing bound is the file's own.
struct Segment {
  std::optional<double> start_seconds;
  std::optional<double> end_seconds;
};

// Reads an audio file block by block as mono float32, nominally in [-1, 1]: wav, flac, ogg vorbis, opus, mp3,
// aiff and whatever else libsndfile opens. Memory stays bounded by the blocks, however long the file is.
//
// Every function throws DecodeError, naming the file, what was expected and what was found: no such file, a
// folder, unreadable, empty, not audio, no samples, a segment outside the file, samples that are NaN or
// infinite, and a file that ends before the length its header gives.
class AudioReader {
 public:
  explicit AudioReader(const std::filesystem::path& path, const Segment& segment = {},
                       MonoPolicy policy = MonoPolicy::mean);
  ~AudioReader();
  AudioReader(AudioReader&&) noexcept;
  AudioReader& operator=(AudioReader&&) noexcept;

  int sample_rate_hz() const;
  int channels() const;
  // Of the segment; exact, also for mp3 and ogg.
  std::int64_t frames() const;
  double duration_seconds() const { return static_cast<double>(frames()) / sample_rate_hz(); }

  // Fills `out` from the front and returns how many samples it got; fewer than asked for only at the
  // segment's end.
  std::size_t read(std::span<float> out);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The whole segment at once.
Waveform read_mono(const std::filesystem::path& path, const Segment& segment = {},
                   MonoPolicy policy = MonoPolicy::mean);

}  // namespace qamro::audio
