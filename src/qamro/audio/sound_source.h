#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace qamro::audio {

// One channel of sound; samples are nominally in [-1, 1].
struct Waveform {
  std::vector<float> samples;
  int sample_rate_hz = 0;

  double duration_seconds() const { return static_cast<double>(samples.size()) / sample_rate_hz; }
};

// Limit for the rate of a file and for the rate that it is resampled to.
inline constexpr int kLowestRateHz = 1'000;
inline constexpr int kHighestRateHz = 768'000;

// Interleaved samples of known length, read from front to back: of a file (sound_file.h) or in memory.
class SoundSource {
 public:
  virtual ~SoundSource() = default;

  // The name in messages.
  virtual const std::string& path() const = 0;
  virtual int sample_rate_hz() const = 0;
  virtual int channels() const = 0;
  virtual std::int64_t frames() const = 0;

  // The next read begins at this frame, which must lie inside the sound.
  virtual void seek(std::int64_t frame) = 0;
  // Fills `interleaved` ([frames, channels]) as far as the sound goes and returns the number of frames, which
  // is smaller than asked for, down to 0, if the sound ends or its stream is broken.
  virtual std::int64_t read(std::span<float> interleaved) = 0;
  // Why a read returned too little; may be empty.
  virtual std::string complaint() const = 0;
  // What was odd about the file, and how it was read all the same; may be empty.
  virtual const std::string& note() const = 0;
};

// Throws DecodeError, naming the sound, unless it has 1 to 256 channels at 1,000 to 768,000 Hz.
void check_format(const std::string& name, int channels, int sample_rate_hz);

// Sound that a program already holds, instead of a file.
struct SoundInMemory {
  std::vector<float> interleaved;  // [frames, channels], nominally in [-1, 1]
  int channels = 1;
  int sample_rate_hz = 0;
  std::string note = {};  // as SoundSource::note()
};

// `name` stands for the file's name in messages. Throws DecodeError for another number of channels or rate
// than a file may have, for no samples, and for a last frame that lacks channels.
std::unique_ptr<SoundSource> open_sound_in_memory(std::shared_ptr<const SoundInMemory> sound,
                                                  const std::string& name);

}  // namespace qamro::audio
