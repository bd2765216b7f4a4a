#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "qamro/audio/sound_source.h"

namespace qamro::audio {

// A sound that a decoder gives front to back, and that may have to be decoded once to learn its length.
class DecodedSound : public SoundSource {
 public:
  const std::string& path() const override { return path_; }
  std::int64_t frames() const override { return frames_; }
  void seek(std::int64_t frame) override;
  std::int64_t read(std::span<float> interleaved) override;
  const std::string& note() const override { return note_; }

 protected:
  explicit DecodedSound(std::string path) : path_(std::move(path)) {}

  // The next frames, as SoundSource::read().
  virtual std::int64_t decode(std::span<float> interleaved) = 0;
  // Back to the first frame.
  virtual void rewind() = 0;
  // Goes to a frame and returns true, or returns false if the format cannot do so exactly.
  virtual bool jump(std::int64_t /*frame*/) { return false; }

  // Decodes to the end and sets the length, after check(frames), which may throw.
  void count_frames(const std::function<void(std::int64_t)>& check);
  void set_frames(std::int64_t frames) { frames_ = frames; }
  std::int64_t position() const { return position_; }  // of the next frame that read() gives
  void set_note(std::string note) { note_ = std::move(note); }
  double seconds(std::int64_t frames) const { return static_cast<double>(frames) / sample_rate_hz(); }

 private:
  bool is_kept() const { return !kept_.empty(); }

  std::string path_;
  std::string note_;
  std::int64_t frames_ = 0;
  std::int64_t position_ = 0;
  std::vector<float> kept_;  // the whole sound, interleaved; empty if too long or not decoded to count
};

}  // namespace qamro::audio
