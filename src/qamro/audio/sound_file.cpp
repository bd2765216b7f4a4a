#include "qamro/audio/sound_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sndfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <vector>

#include "qamro/core/error.h"

namespace qamro::audio {
namespace {

constexpr std::int64_t kSeekFrames = 16'384;
// Streams that must be decoded to learn their length are kept up to this many samples (16 MB), so that most
// are decoded only once.
constexpr std::size_t kMaxKeptSamples = std::size_t{1} << 22;
// Some writers count their own header as sound.
constexpr std::int64_t kForgivenBytes = 64;
// Encoders disagree on whether an mp3's length tag counts its own frame and the decoder's delay.
constexpr std::int64_t kForgivenMpegFrames = std::int64_t{3} * 1152;
// An ogg stream's length follows from its last page; where it began may be uncertain by a few packets.
constexpr double kForgivenOggSeconds = 0.25;

// An open file descriptor. Opening by name would read "-" as standard input and guess headerless formats.
class Descriptor {
 public:
  explicit Descriptor(const std::string& path)
      : number_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (number_ < 0) throw DecodeError(describe_errno(path, errno));
  }
  ~Descriptor() { close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

// Returns the file's size.
std::int64_t check_is_regular(const std::string& path, int file) {
  struct stat status {};
  if (fstat(file, &status) != 0) throw DecodeError(describe_errno(path, errno));
  if (S_ISDIR(status.st_mode)) throw DecodeError(path + ": expected an audio file, got a folder");
  if (!S_ISREG(status.st_mode)) throw DecodeError(path + ": expected a regular file, got a device or pipe");
  if (status.st_size == 0) throw DecodeError(path + ": expected an audio file, got an empty file (0 bytes)");
  return status.st_size;
}

std::string first_bytes(int file) {
  std::array<unsigned char, 8> bytes{};
  const auto got = pread(file, bytes.data(), bytes.size(), 0);
  std::string text;
  for (std::size_t i = 0; static_cast<std::int64_t>(i) < got; ++i)
    text += bytes[i] >= 32 && bytes[i] < 127 ? std::string(1, static_cast<char>(bytes[i]))
                                             : fmt::format("\\x{:02x}", bytes[i]);
  return text;
}

using Handle = std::unique_ptr<SNDFILE, int (*)(SNDFILE*)>;

SNDFILE* open_descriptor(const std::string& path, int file, SF_INFO& info) {
  // libsndfile closes this duplicate, which shares its position with `file`: when opening fails, version
  // 1.2.0 closes what it got, even if it was told not to.
  const int duplicate = fcntl(file, F_DUPFD_CLOEXEC, 0);
  if (duplicate < 0) throw DecodeError(describe_errno(path, errno));
  return sf_open_fd(duplicate, SFM_READ, &info, SF_TRUE);
}

// Opens through `mpeg` unless that is null.
Handle open_sound(const std::string& path, int file, UntaggedMpeg* mpeg, SF_INFO& info) {
  static std::mutex opening;  // libsndfile keeps the reason for a failed opening in a global
  const std::lock_guard lock(opening);
  info = {};
  Handle handle(mpeg == nullptr ? open_descriptor(path, file, info) : mpeg->open(info), &sf_close);
  if (!handle)
    throw DecodeError(fmt::format("{}: not audio that libsndfile can read: {} (the file begins with '{}')",
                                  path, sf_strerror(nullptr), first_bytes(file)));
  return handle;
}

}  // namespace

class SoundFile::Impl {
 public:
  explicit Impl(const std::filesystem::path& path)
      : path_(path.string()),
        file_(path_),
        bytes_(check_is_regular(path_, file_.number())),
        mpeg_(UntaggedMpeg::detect(file_.number())),
        handle_(open_sound(path_, file_.number(), mpeg_.get(), info_)) {
    check_format(path_, info_.channels, info_.samplerate);
    claimed_frames_ = info_.frames;
    if (is_ogg()) check_ogg();
    frames_ = is_mpeg() || is_ogg() || claimed_frames_ == SF_COUNT_MAX ? count_frames() : claimed_frames_;
    check_length();
  }

  const std::string& path() const { return path_; }
  int sample_rate_hz() const { return info_.samplerate; }
  int channels() const { return info_.channels; }
  std::int64_t frames() const { return frames_; }
  std::string complaint() const {
    const int error = sf_error(handle_.get());
    return error == SF_ERR_NO_ERROR ? "" : sf_error_number(error);
  }

  void seek(std::int64_t frame) {
    if (is_kept()) {
      position_ = frame;
      return;
    }
    // Seeking is exact only for flac and for samples of fixed size; in other formats, decode up to the frame.
    const int coding = info_.format & SF_FORMAT_SUBMASK;
    const bool is_exact =
        type() == SF_FORMAT_FLAC || (coding >= SF_FORMAT_PCM_S8 && coding <= SF_FORMAT_ALAW);
    if (is_exact && claimed_frames_ != SF_COUNT_MAX) {
      if (sf_seek(handle_.get(), frame, SEEK_SET) != frame)
        throw DecodeError(
            fmt::format("{}: cannot seek to frame {}: {}", path_, frame, sf_strerror(handle_.get())));
      position_ = frame;
      return;
    }
    if (frame < position_) reopen();
    std::vector<float> block(static_cast<std::size_t>(kSeekFrames * channels()));
    while (position_ < frame) {
      const auto wanted = std::min(kSeekFrames, frame - position_);
      if (read(std::span(block).first(static_cast<std::size_t>(wanted * channels()))) == 0)
        throw DecodeError(
            fmt::format("{}: damaged: cannot decode beyond frame {} of {}", path_, position_, frames_));
    }
  }

  std::int64_t read(std::span<float> interleaved) {
    const auto channels = static_cast<std::size_t>(info_.channels);
    auto got = static_cast<std::int64_t>(interleaved.size() / channels);
    if (is_kept()) {
      got = std::min(got, frames_ - position_);
      std::copy_n(kept_.begin() + static_cast<std::ptrdiff_t>(position_ * info_.channels),
                  got * info_.channels, interleaved.begin());
    } else {
      got = std::max<sf_count_t>(0, sf_readf_float(handle_.get(), interleaved.data(), got));
    }
    position_ += got;
    return got;
  }

 private:
  int type() const { return info_.format & SF_FORMAT_TYPEMASK; }
  bool is_mpeg() const { return type() == SF_FORMAT_MPEG; }
  bool is_ogg() const { return type() == SF_FORMAT_OGG; }
  bool is_kept() const { return !kept_.empty(); }
  double seconds(std::int64_t frames) const { return static_cast<double>(frames) / info_.samplerate; }

  void check_ogg() const {
    const auto stream = ogg_stream(file_.number());
    if (stream.chained)
      throw DecodeError(path_ +
                        ": expected one ogg stream, got several in a row (split or re-encode the file)");
    if (!stream.ended)
      throw DecodeError(path_ + ": truncated or damaged: expected ogg pages up to an end mark, got none");
  }

  void check_length() const {
    if (const auto chunk = data_chunk(file_.number());
        chunk && chunk->promised_bytes > chunk->present_bytes + kForgivenBytes)
      throw DecodeError(
          fmt::format("{}: truncated: its header promises {} bytes of samples, got {} ({} frames)", path_,
                      chunk->promised_bytes, chunk->present_bytes, frames_));
    if (frames_ <= 0)
      throw DecodeError(fmt::format("{}: expected samples, got an audio file without any", path_));
    // FLAC's smallest frame takes more than 8 bytes and holds at most 65,535 samples.
    if (type() == SF_FORMAT_FLAC && frames_ / 8192 > bytes_)
      throw DecodeError(
          fmt::format("{}: truncated: its header promises {} frames, which {} bytes cannot hold", path_,
                      frames_, bytes_));
  }

  // Decodes the stream to its end: these formats' headers only estimate the length, or omit it.
  std::int64_t count_frames() {
    const auto block_size = static_cast<std::size_t>(kSeekFrames * info_.channels);
    std::vector<float> block(block_size);
    std::int64_t total = 0;
    bool keep = true;
    while (const auto got = read(block)) {
      total += got;
      const auto size = static_cast<std::ptrdiff_t>(got * info_.channels);
      keep = keep && kept_so_far_.size() + static_cast<std::size_t>(size) <= kMaxKeptSamples;
      if (keep) kept_so_far_.insert(kept_so_far_.end(), block.begin(), block.begin() + size);
    }
    check_counted(total);
    if (keep) kept_ = std::move(kept_so_far_);
    kept_so_far_ = {};
    if (!keep) reopen();
    position_ = 0;
    return total;
  }

  void check_counted(std::int64_t total) const {
    const bool is_promise = is_ogg() || (is_mpeg() && !mpeg_);
    if (const auto why = complaint(); !why.empty() && !is_mpeg())
      throw DecodeError(fmt::format("{}: damaged after {:.3f} s: {}", path_, seconds(total), why));
    const auto forgiven =
        is_mpeg() ? kForgivenMpegFrames : static_cast<std::int64_t>(kForgivenOggSeconds * info_.samplerate);
    if (is_promise && claimed_frames_ != SF_COUNT_MAX && claimed_frames_ - total > forgiven)
      throw DecodeError(
          fmt::format("{}: truncated or damaged: expected {} frames, got {}", path_, claimed_frames_, total));
    // libsndfile stops at the tag's count, whatever follows.
    if (is_mpeg() && !mpeg_ && total == claimed_frames_ &&
        mpeg_frames_follow(file_.number(), lseek(file_.number(), 0, SEEK_CUR)))
      throw DecodeError(fmt::format(
          "{}: expected one mp3 stream of {:.3f} s, as its length tag says, got more after it (split or re-encode the file)",
          path_, seconds(total)));
  }

  void reopen() {
    handle_.reset();
    if (lseek(file_.number(), 0, SEEK_SET) != 0) throw DecodeError(describe_errno(path_, errno));
    handle_ = open_sound(path_, file_.number(), mpeg_.get(), info_);
    position_ = 0;
  }

  std::string path_;
  Descriptor file_;
  std::int64_t bytes_;
  std::unique_ptr<UntaggedMpeg> mpeg_;  // null unless the file is an mp3 without a length tag
  SF_INFO info_{};
  Handle handle_;
  std::int64_t claimed_frames_ = 0;
  std::int64_t frames_ = 0;
  std::int64_t position_ = 0;
  std::vector<float> kept_so_far_;
  std::vector<float> kept_;  // the whole file, interleaved; empty if too long or not decoded to count
};

SoundFile::SoundFile(const std::filesystem::path& path) : impl_(std::make_unique<Impl>(path)) {}
SoundFile::~SoundFile() = default;

const std::string& SoundFile::path() const {
  return impl_->path();
}
int SoundFile::sample_rate_hz() const {
  return impl_->sample_rate_hz();
}
int SoundFile::channels() const {
  return impl_->channels();
}
std::int64_t SoundFile::frames() const {
  return impl_->frames();
}
void SoundFile::seek(std::int64_t frame) {
  impl_->seek(frame);
}
std::int64_t SoundFile::read(std::span<float> interleaved) {
  return impl_->read(interleaved);
}
std::string SoundFile::complaint() const {
  return impl_->complaint();
}

}  // namespace qamro::audio
