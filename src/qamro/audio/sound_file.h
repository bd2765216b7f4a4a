#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace qamro::audio {

// One file behind libsndfile: opened, checked, with a length that is exact. The interleaved samples come as
// they are; segments, mono and the check for NaN are AudioReader's. Throws DecodeError throughout.
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

  // The next read gives this frame, which must lie inside the file.
  void seek(std::int64_t frame);
  // Fills `interleaved` ([frames, channels]) as far as the file goes and returns how many frames it got;
  // fewer than asked for, down to 0, where the file ends or its stream is broken.
  std::int64_t read(std::span<float> interleaved);
  // What libsndfile has to say about a read that gave too little; may be empty.
  std::string complaint() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qamro::audio
