#include "qamro/audio/decoder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sndfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include "qamro/core/error.h"

namespace qamro::audio {
namespace {

constexpr std::int64_t kBlockFrames = 16384;
constexpr int kMostChannels = 256;
constexpr int kHighestRateHz = 768'000;
// An end time that was rounded to milliseconds may lie a little past the file's end.
constexpr double kRoundingSeconds = 0.01;

using Handle = std::unique_ptr<SNDFILE, int (*)(SNDFILE*)>;

void check_is_readable_file(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) throw DecodeError(describe_errno(path, errno));
  if (S_ISDIR(status.st_mode)) throw DecodeError(path + ": expected an audio file, got a folder");
  if (!S_ISREG(status.st_mode)) throw DecodeError(path + ": expected a regular file, got a device or pipe");
  if (status.st_size == 0) throw DecodeError(path + ": expected an audio file, got an empty file (0 bytes)");
  if (access(path.c_str(), R_OK) != 0) throw DecodeError(describe_errno(path, errno));
}

std::string first_bytes(const std::string& path) {
  std::array<unsigned char, 8> bytes{};
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return "";
  const auto got = ::read(file, bytes.data(), bytes.size());
  close(file);
  std::string text;
  for (std::int64_t i = 0; i < got; ++i)
    text += bytes[i] >= 32 && bytes[i] < 127 ? std::string(1, static_cast<char>(bytes[i]))
                                             : fmt::format("\\x{:02x}", bytes[i]);
  return text;
}

Handle open_sound(const std::string& path, SF_INFO& info) {
  check_is_readable_file(path);
  info = {};
  Handle handle(sf_open(path.c_str(), SFM_READ, &info), &sf_close);
  if (!handle)
    throw DecodeError(fmt::format("{}: not audio that libsndfile can read: {} (the file begins with '{}')",
                                  path, sf_strerror(nullptr), first_bytes(path)));
  if (info.channels < 1 || info.channels > kMostChannels)
    throw DecodeError(
        fmt::format("{}: expected 1 to {} channels, got {}", path, kMostChannels, info.channels));
  if (info.samplerate < 1 || info.samplerate > kHighestRateHz)
    throw DecodeError(fmt::format("{}: expected a sample rate of 1 to {} Hz, got {}", path, kHighestRateHz,
                                  info.samplerate));
  return handle;
}

bool is_mpeg(const SF_INFO& info) {
  return (info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_MPEG;
}

bool is_ogg(const SF_INFO& info) {
  return (info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_OGG;
}

// A wav or aiff file that was cut keeps its promised size; libsndfile silently reads what is there and notes
// "data : 1000 (should be 4000)" in its log. Sizes that streaming writers leave open (0, or above 2 GB)
// promise nothing.
std::optional<std::int64_t> promised_data_bytes(SNDFILE* handle) {
  std::string log(16384, '\0');
  const int size = sf_command(handle, SFC_GET_LOG_INFO, log.data(), static_cast<int>(log.size()));
  log.resize(static_cast<std::size_t>(std::clamp(size, 0, static_cast<int>(log.size()))));
  for (const std::string_view key : {"data : ", "SSND : "}) {
    const auto at = log.find(key);
    if (at == std::string::npos) continue;
    const auto end = log.find('\n', at);
    const std::string_view line = std::string_view(log).substr(at + key.size(), end - at - key.size());
    std::int64_t promised = 0;
    std::from_chars(line.data(), line.data() + line.size(), promised);
    if (line.find("should be") != std::string_view::npos && promised > 0 && promised < 0x7FFFFF00)
      return promised;
  }
  return std::nullopt;
}

// Counts by decoding: what the headers of these formats say is an estimate, or misses the encoder's delay.
std::int64_t count_frames(const std::string& path) {
  SF_INFO info{};
  const Handle handle = open_sound(path, info);
  std::vector<float> block(static_cast<std::size_t>(kBlockFrames * info.channels));
  std::int64_t total = 0;
  while (const auto got = sf_readf_float(handle.get(), block.data(), kBlockFrames)) total += got;
  return total;
}

}  // namespace

class AudioReader::Impl {
 public:
  Impl(const std::filesystem::path& path, const Segment& segment, MonoPolicy policy)
      : path_(path.string()), policy_(policy), handle_(open_sound(path_, info_)) {
    file_frames_ = is_mpeg(info_) || is_ogg(info_) ? count_frames(path_) : info_.frames;
    check_complete();
    place(segment);
    skip_to_start();
    block_.resize(static_cast<std::size_t>(kBlockFrames * info_.channels));
  }

  int sample_rate_hz() const { return info_.samplerate; }
  int channels() const { return info_.channels; }
  std::int64_t frames() const { return frames_; }

  std::size_t read(std::span<float> out) {
    std::size_t filled = 0;
    while (filled < out.size() && position_ < frames_) {
      const auto wanted =
          std::min({static_cast<std::int64_t>(out.size() - filled), kBlockFrames, frames_ - position_});
      const auto got = read_block(wanted);
      mix(got, out.subspan(filled, static_cast<std::size_t>(got)));
      filled += static_cast<std::size_t>(got);
      position_ += got;
    }
    return filled;
  }

 private:
  void check_complete() const {
    if (const auto promised = promised_data_bytes(handle_.get()))
      throw DecodeError(
          fmt::format("{}: truncated: its header promises {} bytes of samples, but only {} frames are there",
                      path_, *promised, file_frames_));
    if (file_frames_ <= 0)
      throw DecodeError(fmt::format("{}: expected samples, got an audio file without any", path_));
    if (file_frames_ == SF_COUNT_MAX)
      throw DecodeError(
          fmt::format("{}: its header does not tell how long it is; decode it to wav or flac first", path_));
  }

  // Turns the segment into frames of the file.
  void place(const Segment& segment) {
    const double rate = info_.samplerate;
    const double duration = static_cast<double>(file_frames_) / rate;
    const double start = segment.start_seconds.value_or(0);
    const double end = segment.end_seconds.value_or(duration);
    if (!std::isfinite(start) || !std::isfinite(end) || start < 0 || end <= start)
      throw DecodeError(fmt::format(
          "{}: segment: expected 0 <= start < end in seconds, got start {} and end {}", path_, start, end));
    if (end > duration + kRoundingSeconds)
      throw DecodeError(
          fmt::format("{}: segment: end {} s lies past the file's end, {:.3f} s", path_, end, duration));
    start_ = static_cast<std::int64_t>(start * rate);
    const auto wanted =
        segment.end_seconds ? static_cast<std::int64_t>((end - start) * rate) : file_frames_ - start_;
    frames_ = std::min(wanted, file_frames_ - start_);
    if (frames_ <= 0)
      throw DecodeError(fmt::format("{}: segment: no sample lies between {} s and {} s", path_, start, end));
  }

  // Compressed streams are decoded up to the start, since seeking in them is not exact.
  void skip_to_start() {
    if (start_ == 0) return;
    if (!is_mpeg(info_) && !is_ogg(info_)) {
      if (sf_seek(handle_.get(), start_, SEEK_SET) != start_)
        throw DecodeError(
            fmt::format("{}: cannot go to frame {}: {}", path_, start_, sf_strerror(handle_.get())));
      return;
    }
    block_.resize(static_cast<std::size_t>(kBlockFrames * info_.channels));
    for (std::int64_t left = start_; left > 0;) left -= read_block(std::min(left, kBlockFrames));
  }

  std::int64_t read_block(std::int64_t wanted) {
    const auto got = sf_readf_float(handle_.get(), block_.data(), wanted);
    if (got <= 0) {
      const int error = sf_error(handle_.get());
      throw DecodeError(fmt::format("{}: truncated or damaged: expected {} frames, got {}{}", path_,
                                    start_ + frames_, start_ + position_,
                                    error == 0 ? "" : std::string(": ") + sf_error_number(error)));
    }
    return got;
  }

  void mix(std::int64_t frames, std::span<float> out) const {
    const int channels = info_.channels;
    const auto count = static_cast<float>(channels);
    for (std::int64_t i = 0; i < frames; ++i) {
      const float* frame = &block_[static_cast<std::size_t>(i * channels)];
      float sample = frame[0];
      if (policy_ == MonoPolicy::mean && channels > 1) {
        for (int channel = 1; channel < channels; ++channel) sample += frame[channel];
        sample /= count;
      }
      if (!std::isfinite(sample))
        throw DecodeError(fmt::format("{}: expected finite samples, got {} at {:.4f} s", path_, sample,
                                      static_cast<double>(start_ + position_ + i) / info_.samplerate));
      out[static_cast<std::size_t>(i)] = sample;
    }
  }

  std::string path_;
  MonoPolicy policy_;
  SF_INFO info_{};
  Handle handle_;
  std::int64_t file_frames_ = 0;
  std::int64_t start_ = 0;
  std::int64_t frames_ = 0;
  std::int64_t position_ = 0;
  std::vector<float> block_;
};

AudioReader::AudioReader(const std::filesystem::path& path, const Segment& segment, MonoPolicy policy)
    : impl_(std::make_unique<Impl>(path, segment, policy)) {}
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
std::size_t AudioReader::read(std::span<float> out) {
  return impl_->read(out);
}

Waveform read_mono(const std::filesystem::path& path, const Segment& segment, MonoPolicy policy) {
  AudioReader reader(path, segment, policy);
  Waveform waveform;
  waveform.sample_rate_hz = reader.sample_rate_hz();
  // Grown as samples arrive: a hostile header cannot ask for memory that its samples do not fill.
  std::vector<float> block(static_cast<std::size_t>(kBlockFrames));
  while (const auto got = reader.read(block))
    waveform.samples.insert(waveform.samples.end(), block.begin(),
                            block.begin() + static_cast<std::ptrdiff_t>(got));
  return waveform;
}

}  // namespace qamro::audio
