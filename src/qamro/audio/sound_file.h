#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "qamro/audio/sound_source.h"

namespace qamro::audio {

// One file, opened by libsndfile and checked, with its exact length. The interleaved samples are unchanged;
// AudioReader handles segments, mono and the check for NaN. All functions throw DecodeError.
class SoundFile : public SoundSource {
 public:
  explicit SoundFile(const std::filesystem::path& path);
  ~SoundFile() override;
  SoundFile(const SoundFile&) = delete;
  SoundFile& operator=(const SoundFile&) = delete;

  const std::string& path() const override;
  int sample_rate_hz() const override;
  int channels() const override;
  std::int64_t frames() const override;
  void seek(std::int64_t frame) override;
  std::int64_t read(std::span<float> interleaved) override;
  // What libsndfile says.
  std::string complaint() const override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qamro::audio
