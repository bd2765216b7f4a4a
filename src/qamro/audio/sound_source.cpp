#include "qamro/audio/sound_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "qamro/core/error.h"

namespace qamro::audio {
namespace {

constexpr int kMaxChannels = 256;

class MemorySource : public SoundSource {
 public:
  MemorySource(std::shared_ptr<const SoundInMemory> sound, const std::string& name)
      : sound_(std::move(sound)), name_(name) {
    check_format(name, sound_->channels, sound_->sample_rate_hz);
    const std::size_t values = sound_->interleaved.size();
    if (values == 0) throw DecodeError(fmt::format("{}: expected samples, got a sound without any", name));
    if (values % width() != 0)
      throw DecodeError(fmt::format("{}: expected a multiple of {} values (the channels), got {}", name,
                                    sound_->channels, values));
  }

  const std::string& path() const override { return name_; }
  int sample_rate_hz() const override { return sound_->sample_rate_hz; }
  int channels() const override { return sound_->channels; }
  std::int64_t frames() const override {
    return static_cast<std::int64_t>(sound_->interleaved.size() / width());
  }
  void seek(std::int64_t frame) override { position_ = static_cast<std::size_t>(frame) * width(); }
  std::int64_t read(std::span<float> interleaved) override {
    const auto rest = std::span(sound_->interleaved).subspan(position_);
    const std::size_t count = std::min(interleaved.size(), rest.size());
    std::copy_n(rest.begin(), count, interleaved.begin());
    position_ += count;
    return static_cast<std::int64_t>(count / width());
  }
  std::string complaint() const override { return ""; }
  const std::string& note() const override { return sound_->note; }

 private:
  std::size_t width() const { return static_cast<std::size_t>(sound_->channels); }

  std::shared_ptr<const SoundInMemory> sound_;
  std::string name_;
  std::size_t position_ = 0;
};

}  // namespace

void check_format(const std::string& name, int channels, int sample_rate_hz) {
  if (channels < 1 || channels > kMaxChannels)
    throw DecodeError(fmt::format("{}: expected 1 to {} channels, got {}", name, kMaxChannels, channels));
  if (sample_rate_hz < kLowestRateHz || sample_rate_hz > kHighestRateHz)
    throw DecodeError(fmt::format("{}: expected a sample rate of {} to {} Hz, got {}", name, kLowestRateHz,
                                  kHighestRateHz, sample_rate_hz));
}

std::unique_ptr<SoundSource> open_sound_in_memory(std::shared_ptr<const SoundInMemory> sound,
                                                  const std::string& name) {
  return std::make_unique<MemorySource>(std::move(sound), name);
}

}  // namespace qamro::audio
