#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace qamro::audio {

// One file, opened by libsndfile and checked, with its exact length. The interleaved samples are unchanged;
// AudioReader handles segments, mono and the check for NaN. All functions throw DecodeError.
class SoundFile {
 public:
  explicit SoundFile(const std::filesystem::path& path);
  ~SoundFile();
  SoundFile(const SoundFile&) = delete;
  SoundFile& operator=(const SoundFile&) = delete;

  const std::string& path() const;
  int sample_rate_hz() const;
  int channels() const;
  std::int64_t frames() const;

  // The next read begins at this frame, which must lie inside the file.
  void seek(std::int64_t frame);
  // Fills `interleaved` ([frames, channels]) as far as the file goes and returns the number of frames, which
  // is smaller than asked for, down to 0, if the file ends or its stream is broken.
  std::int64_t read(std::span<float> interleaved);
  // What libsndfile says about a read that returned too little; may be empty.
  std::string complaint() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qamro::audio
