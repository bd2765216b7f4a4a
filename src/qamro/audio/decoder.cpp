#include "qamro/audio/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "qamro/audio/sound_file.h"
#include "qamro/core/error.h"
#include "qamro/core/sha256.h"

namespace qamro::audio {
namespace {

constexpr std::int64_t kBlockFrames = 16'384;
// An end time that was rounded to milliseconds may lie slightly past the file's end.
constexpr double kRoundingSeconds = 0.01;

struct FrameRange {
  std::int64_t start;
  std::int64_t frames;
};

FrameRange place(const Segment& segment, const SoundSource& file) {
  const double rate = file.sample_rate_hz();
  const double duration = static_cast<double>(file.frames()) / rate;
  const double start = segment.start_seconds.value_or(0);
  const double end = segment.end_seconds.value_or(duration);
  const auto refuse = [&](const std::string& what) {
    throw DecodeError(fmt::format("{}: segment: {} (start {} s, end {} s; the file lasts {:.3f} s)",
                                  file.path(), what, start, end, duration));
  };
  if (!std::isfinite(start) || !std::isfinite(end)) refuse("expected finite times");
  if (start < 0) refuse("expected a start of 0 or later");
  if (start >= duration) refuse("the start lies past the file's end");
  if (end <= start) refuse("expected an end after the start");
  if (end > duration + kRoundingSeconds) refuse("the end lies past the file's end");
  FrameRange range{static_cast<std::int64_t>(start * rate), 0};
  const auto left = file.frames() - range.start;
  range.frames = segment.end_seconds ? std::min(left, static_cast<std::int64_t>((end - start) * rate)) : left;
  if (range.frames <= 0) refuse("it contains no sample");
  return range;
}

// In double, in eight sums side by side: a single one would wait for each addition.
double sum_of_squares(std::span<const float> samples) {
  std::array<double, 8> sums{};
  std::size_t i = 0;
  for (; i + sums.size() <= samples.size(); i += sums.size())
    for (std::size_t lane = 0; lane < sums.size(); ++lane)
      sums[lane] += static_cast<double>(samples[i + lane]) * samples[i + lane];
  for (; i < samples.size(); ++i) sums[0] += static_cast<double>(samples[i]) * samples[i];
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace

class AudioReader::Impl {
 public:
  Impl(std::unique_ptr<SoundSource> file, const Segment& segment, MonoPolicy policy)
      : file_(std::move(file)),
        policy_(policy),
        range_(place(segment, *file_)),
        block_(static_cast<std::size_t>(kBlockFrames * file_->channels())) {
    if (range_.start > 0) file_->seek(range_.start);
  }

  int sample_rate_hz() const { return file_->sample_rate_hz(); }
  int channels() const { return file_->channels(); }
  std::int64_t frames() const { return range_.frames; }

  std::size_t read(std::span<float> out) {
    std::size_t filled = 0;
    while (filled < out.size() && position_ < range_.frames) {
      const auto wanted =
          std::min({static_cast<std::int64_t>(out.size() - filled), kBlockFrames, range_.frames - position_});
      const auto got = file_->read(std::span(block_).first(static_cast<std::size_t>(wanted * channels())));
      if (got <= 0) throw_truncated();
      if (hash_) hash_->update(block_.data(), static_cast<std::size_t>(got * channels()) * sizeof(float));
      const auto mixed = out.subspan(filled, static_cast<std::size_t>(got));
      mix(mixed);
      squares_ += sum_of_squares(mixed);
      filled += static_cast<std::size_t>(got);
      position_ += got;
    }
    return filled;
  }

  SoundProperties properties() const {
    const auto samples = static_cast<double>(std::max<std::int64_t>(1, position_));
    return {sample_rate_hz(), channels(), 10.0 * std::log10(squares_ / samples), file_->note()};
  }

  void hash_samples() { hash_.emplace(); }
  std::string samples_sha256() {
    std::vector<float> rest(static_cast<std::size_t>(kBlockFrames));
    while (read(rest) > 0) {
    }
    return hash_.value().hex();
  }

 private:
  [[noreturn]] void throw_truncated() const {
    const auto why = file_->complaint();
    throw DecodeError(fmt::format("{}: truncated or damaged: expected {} frames, got {}{}{}", file_->path(),
                                  range_.start + range_.frames, range_.start + position_,
                                  why.empty() ? "" : ": ", why));
  }

  // Sums in float32 from the first channel on, then divides once: the same bits as torch.mean and numpy.mean.
  void mix(std::span<float> out) const {
    const auto channels = static_cast<std::size_t>(file_->channels());
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto frame = std::span(block_).subspan(i * channels, channels);
      float sample = frame[0];
      if (policy_ == MonoPolicy::mean && channels > 1) {
        for (const float channel : frame.subspan(1)) sample += channel;
        sample /= static_cast<float>(channels);
      }
      if (!std::isfinite(sample))
        throw DecodeError(
            fmt::format("{}: expected finite samples, got {} at {:.4f} s", file_->path(), sample,
                        static_cast<double>(range_.start + position_ + static_cast<std::int64_t>(i)) /
                            file_->sample_rate_hz()));
      out[i] = sample;
    }
  }

  std::unique_ptr<SoundSource> file_;
  MonoPolicy policy_;
  FrameRange range_;
  std::int64_t position_ = 0;
  double squares_ = 0;  // sum over the samples before position_
  std::vector<float> block_;
  std::optional<Sha256> hash_;
};

AudioReader::AudioReader(const std::filesystem::path& path, const Segment& segment, MonoPolicy policy)
    : impl_(std::make_unique<Impl>(open_sound_file(path), segment, policy)) {}
AudioReader::AudioReader(std::shared_ptr<const SoundInMemory> sound, const std::string& name,
                         const Segment& segment, MonoPolicy policy)
    : impl_(std::make_unique<Impl>(open_sound_in_memory(std::move(sound), name), segment, policy)) {}
AudioReader::~AudioReader() = default;
AudioReader::AudioReader(AudioReader&&) noexcept = default;
AudioReader& AudioReader::operator=(AudioReader&&) noexcept = default;

int AudioReader::sample_rate_hz() const {
  return impl_->sample_rate_hz();
}
int AudioReader::channels() const {
  return impl_->channels();
}
std::int64_t AudioReader::frames() const {
  return impl_->frames();
}
SoundProperties AudioReader::properties() const {
  return impl_->properties();
}
std::size_t AudioReader::read(std::span<float> out) {
  return impl_->read(out);
}
void AudioReader::hash_samples() {
  impl_->hash_samples();
}
std::string AudioReader::samples_sha256() {
  return impl_->samples_sha256();
}

Waveform read_mono(const std::filesystem::path& path, const Segment& segment, MonoPolicy policy) {
  AudioReader reader(path, segment, policy);
  Waveform waveform;
  waveform.sample_rate_hz = reader.sample_rate_hz();
  // Grows as samples arrive, so that a hostile header cannot ask for memory that its samples do not fill.
  std::vector<float> block(static_cast<std::size_t>(kBlockFrames));
  while (const auto got = reader.read(block))
    waveform.samples.insert(waveform.samples.end(), block.begin(),
                            block.begin() + static_cast<std::ptrdiff_t>(got));
  return waveform;
}

}  // namespace qamro::audio
