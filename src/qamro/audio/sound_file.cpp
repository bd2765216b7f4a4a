#include "qamro/audio/sound_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sndfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <optional>
#include <vector>

#include "qamro/audio/container.h"
#include "qamro/audio/decoded_sound.h"
#include "qamro/audio/mpeg_sound.h"
#include "qamro/audio/mpeg_stream.h"
#include "qamro/audio/spliced_file.h"
#include "qamro/core/error.h"

namespace qamro::audio {
namespace {

constexpr std::int64_t kForgivenBytes = 64;  // some writers count their own header as sound
// An ogg stream's length follows from its last page; where it began may be uncertain by a few packets.
constexpr double kForgivenOggSeconds = 0.25;

using Handle = std::unique_ptr<SNDFILE, int (*)(SNDFILE*)>;

class UnknownFormat : public DecodeError {  // of libsndfile, so that another library may try
  using DecodeError::DecodeError;
};

SNDFILE* open_descriptor(const AudioFile& file, SF_INFO& info) {
  // libsndfile closes this duplicate, which shares its position with `file`: when opening fails, version
  // 1.2.0 closes what it got, even if it was told not to.
  const int duplicate = fcntl(file.descriptor(), F_DUPFD_CLOEXEC, 0);
  if (duplicate < 0 || lseek(duplicate, 0, SEEK_SET) != 0)
    throw DecodeError(describe_errno(file.path(), errno));
  return sf_open_fd(duplicate, SFM_READ, &info, SF_TRUE);
}

// What libsndfile reads, but for MPEG audio.
class SndFile : public DecodedSound {
 public:
  SndFile(std::shared_ptr<const AudioFile> file, const std::optional<SampleData>& data)
      : DecodedSound(file->path()), file_(std::move(file)), data_(data) {
    close_open_size();
    open();
    check_format(path(), info_.channels, info_.samplerate);
    measure();
  }

  int sample_rate_hz() const override { return info_.samplerate; }
  int channels() const override { return info_.channels; }
  std::string complaint() const override {
    const int error = sf_error(handle_.get());
    return error == SF_ERR_NO_ERROR ? "" : sf_error_number(error);
  }

 protected:
  std::int64_t decode(std::span<float> interleaved) override {
    const auto wanted = static_cast<sf_count_t>(interleaved.size()) / info_.channels;
    const auto got = std::max<sf_count_t>(0, sf_readf_float(handle_.get(), interleaved.data(), wanted));
    // libFLAC may give silence for a damaged frame: no sample is missing, only the error tells.
    if (const auto why = complaint(); !why.empty() && (got == wanted || position() + got >= frames()))
      throw DecodeError(fmt::format("{}: truncated or damaged: {}", path(), why));
    return got;
  }
  void rewind() override { open(); }
  // Seeking is exact only for flac and for samples of fixed size.
  bool jump(std::int64_t frame) override {
    if ((type() != SF_FORMAT_FLAC && !has_fixed_size()) || claimed_frames_ == SF_COUNT_MAX) return false;
    if (sf_seek(handle_.get(), frame, SEEK_SET) != frame)
      throw DecodeError(
          fmt::format("{}: cannot seek to frame {}: {}", path(), frame, sf_strerror(handle_.get())));
    return true;
  }

 private:
  int type() const { return info_.format & SF_FORMAT_TYPEMASK; }
  int coding() const { return info_.format & SF_FORMAT_SUBMASK; }
  bool has_fixed_size() const { return coding() >= SF_FORMAT_PCM_S8 && coding() <= SF_FORMAT_ALAW; }
  int descriptor() const { return file_->descriptor(); }

  // The size that is there, or for a wav "as much as there is", in place of an open one.
  void close_open_size() {
    if (!data_ || !data_->open_size_at) return;
    std::vector<unsigned char> header(std::min<std::size_t>(data_->begin, 1 << 20));
    if (read_at(descriptor(), 0, header) < static_cast<std::size_t>(data_->begin)) return;
    const std::span size(header.begin() + *data_->open_size_at, header.begin() + data_->begin);
    std::uint64_t value = is(header.data(), "caff") ? static_cast<std::uint64_t>(data_->present) : ~0ULL;
    for (std::size_t i = size.size(); i-- > 0; value >>= 8) size[i] = static_cast<unsigned char>(value);
    spliced_.emplace(descriptor(), std::move(header), data_->begin, data_->begin + data_->present);
  }

  void open() {
    static std::mutex opening;  // libsndfile keeps the reason for a failed opening in a global
    const std::lock_guard lock(opening);
    handle_.reset();
    info_ = {};
    handle_.reset(spliced_ ? spliced_->open(info_) : open_descriptor(*file_, info_));
    if (!handle_)
      throw UnknownFormat(
          fmt::format("{}: not audio that libsndfile can read: {} (the file begins with '{}')", path(),
                      sf_strerror(nullptr), file_->beginning()));
  }

  void measure() {
    claimed_frames_ = info_.frames;
    const bool is_ogg = check_ogg_pages(*file_);
    if (!data_ && !is_ogg && type() != SF_FORMAT_FLAC && type() != SF_FORMAT_HTK) refuse_unknown_length();
    const bool must_count = is_ogg || claimed_frames_ == SF_COUNT_MAX;
    if (must_count)
      count_frames([&](std::int64_t total) { check_counted(total); });
    else
      set_frames(claimed_frames_);
    if (frames() <= 0)
      throw DecodeError(fmt::format("{}: expected samples, got an audio file without any", path()));
    if (type() == SF_FORMAT_FLAC && !is_ogg) check_flac();
    if (has_fixed_size() && type() != SF_FORMAT_FLAC) check_fixed_size();
  }

  // Formats of which libsndfile gives what is there, whatever was meant to be there.
  [[noreturn]] void refuse_unknown_length() const {
    SF_FORMAT_INFO format{};
    format.format = info_.format & SF_FORMAT_TYPEMASK;
    sf_command(nullptr, SFC_GET_FORMAT_INFO, &format, sizeof(format));
    throw DecodeError(
        fmt::format("{}: a file of format '{}' cannot be checked for its length ('sox FILE NEW.wav' "
                    "converts it)",
                    path(), format.name == nullptr ? "unknown" : format.name));
  }

  void check_flac() const {
    // FLAC's smallest frame takes more than 8 bytes and holds at most 65,535 samples.
    if (frames() / 8192 > file_->bytes())
      throw DecodeError(
          fmt::format("{}: truncated: its header promises {} frames, which {} bytes cannot hold", path(),
                      frames(), file_->bytes()));
    if (const auto behind = bytes_behind_flac(descriptor(), frames()); behind.value_or(0) > 0)
      refuse_behind(path(), *behind);
  }

  // Samples of fixed size account for the bytes of their container.
  void check_fixed_size() const {
    if (!data_ || data_->block_bytes <= 0) return;
    const std::int64_t held = data_->present / data_->block_bytes;
    if (held - frames() > kForgivenBytes)
      throw DecodeError(fmt::format("{}: expected {} frames, as many as its {} bytes of samples hold, got {}",
                                    path(), held, data_->present, frames()));
  }

  void check_counted(std::int64_t total) const {
    if (const auto why = complaint(); !why.empty())
      throw DecodeError(fmt::format("{}: damaged after {:.3f} s: {}", path(), seconds(total), why));
    const auto forgiven = static_cast<std::int64_t>(kForgivenOggSeconds * info_.samplerate);
    if (claimed_frames_ != SF_COUNT_MAX && claimed_frames_ - total > forgiven)
      throw DecodeError(fmt::format("{}: truncated or damaged: expected {} frames, got {}", path(),
                                    claimed_frames_, total));
  }

  std::shared_ptr<const AudioFile> file_;
  std::optional<SampleData> data_;
  std::optional<SplicedFile> spliced_;
  SF_INFO info_{};
  Handle handle_{nullptr, &sf_close};
  std::int64_t claimed_frames_ = 0;
};

std::optional<SampleData> checked_container(const AudioFile& file) {
  auto data = sample_data(file.descriptor());
  if (!data) return data;
  if (data->promised && *data->promised > data->present + kForgivenBytes)
    throw DecodeError(fmt::format("{}: truncated: its header promises {} bytes of samples, got {}",
                                  file.path(), *data->promised, data->present));
  if (data->behind > 0) refuse_behind(file.path(), data->behind);
  return data;
}

}  // namespace

void refuse_behind(const std::string& path, std::int64_t bytes) {
  throw DecodeError(fmt::format(
      "{}: expected one recording, got {} bytes of sound, or of something unknown, behind its end (split the file, or cut it there)",
      path, bytes));
}

bool check_ogg_pages(const AudioFile& file) {
  const auto stream = ogg_stream(file.descriptor());
  if (!stream.is_ogg) return false;
  if (stream.chained)
    throw DecodeError(file.path() +
                      ": expected one ogg stream, got several in a row (split or re-encode the file)");
  if (stream.is_damaged)
    throw DecodeError(file.path() +
                      ": truncated or damaged: an ogg page's checksum is wrong, or a page is missing");
  if (stream.cut) throw DecodeError(file.path() + ": truncated or damaged: its last ogg page is not whole");
  if (stream.behind > 0) refuse_behind(file.path(), stream.behind);
  if (!stream.ended)
    throw DecodeError(file.path() +
                      ": truncated or damaged: expected ogg pages up to an end mark, got none ('ffmpeg -i "
                      "FILE -c copy NEW' sets the mark, if nothing is missing)");
  return true;
}

AudioFile::AudioFile(const std::string& path, const std::string& name)
    : path_(name.empty() ? path : name),
      descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (descriptor_ < 0) throw DecodeError(describe_errno(path_, errno));
  struct stat status {};
  std::string why;
  if (fstat(descriptor_, &status) != 0)
    why = describe_errno(path_, errno);
  else if (S_ISDIR(status.st_mode))
    why = path_ + ": expected an audio file, got a folder";
  else if (!S_ISREG(status.st_mode))
    why = path_ + ": expected a regular file, got a device or pipe";
  else if (status.st_size == 0)
    why = path_ + ": expected an audio file, got an empty file (0 bytes)";
  if (!why.empty()) {
    close(descriptor_);
    throw DecodeError(why);
  }
  bytes_ = status.st_size;
}

AudioFile::~AudioFile() {
  close(descriptor_);
}

std::string AudioFile::beginning() const {
  std::array<unsigned char, 8> bytes{};
  const auto got = read_at(descriptor_, 0, bytes);
  std::string text;
  for (std::size_t i = 0; i < got; ++i)
    text += bytes[i] >= 32 && bytes[i] < 127 ? std::string(1, static_cast<char>(bytes[i]))
                                             : fmt::format("\\x{:02x}", bytes[i]);
  return text;
}

namespace {

std::unique_ptr<SoundSource> open_sound(const std::shared_ptr<const AudioFile>& file) {
  const auto data = checked_container(*file);
  if (data && data->blocks > 1)
    return open_with_ffmpeg(file, file->path() + ": libsndfile takes the heads of its blocks for samples");
  if (auto sound = open_mpeg(file, data)) return sound;
  if (!data && looks_like_mpeg(file->descriptor())) {
    // Not for libsndfile: libmpg123 would write its complaints to standard error, without the file's name.
    if (auto sound = open_mpeg(file, data, true)) return sound;
    return open_with_ffmpeg(file,
                            file->path() + ": damaged: no two MPEG frames of one kind follow each other");
  }
  try {
    return std::make_unique<SndFile>(file, data);
  } catch (const UnknownFormat& refusal) {
    if (auto sound = data ? nullptr : open_mpeg(file, data, true)) return sound;
    return open_with_ffmpeg(file, refusal.what());
  }
}

}  // namespace

std::unique_ptr<SoundSource> open_sound_file(const std::filesystem::path& path) {
  return open_sound(std::make_shared<const AudioFile>(path.string()));
}

std::shared_ptr<const SoundInMemory> read_sound(std::istream& stream, const std::string& name) {
  constexpr std::int64_t kMaxBytes = std::int64_t{2} << 30;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> copy(std::tmpfile(), &std::fclose);
  if (!copy) throw DecodeError(describe_errno(name + ": a temporary file", errno));
  std::vector<char> block(1 << 20);
  for (std::int64_t bytes = 0; stream.read(block.data(), std::ssize(block)) || stream.gcount() > 0;) {
    bytes += stream.gcount();
    if (bytes > kMaxBytes)
      throw DecodeError(fmt::format("{}: expected at most {} bytes, got more", name, kMaxBytes));
    if (std::fwrite(block.data(), 1, static_cast<std::size_t>(stream.gcount()), copy.get()) <
        static_cast<std::size_t>(stream.gcount()))
      throw DecodeError(describe_errno(name + ": a temporary file", errno));
  }
  if (std::fflush(copy.get()) != 0) throw DecodeError(describe_errno(name + ": a temporary file", errno));
  const auto source = open_sound(
      std::make_shared<const AudioFile>(fmt::format("/proc/self/fd/{}", fileno(copy.get())), name));
  auto sound = std::make_shared<SoundInMemory>(
      SoundInMemory{{}, source->channels(), source->sample_rate_hz(), source->note()});
  std::vector<float> samples(static_cast<std::size_t>(16'384 * source->channels()));
  while (const auto got = source->read(samples))
    sound->interleaved.insert(sound->interleaved.end(), samples.begin(),
                              samples.begin() + got * source->channels());
  if (std::ssize(sound->interleaved) != source->frames() * source->channels())
    throw DecodeError(fmt::format("{}: truncated or damaged: expected {} frames, got {}", name,
                                  source->frames(), std::ssize(sound->interleaved) / source->channels()));
  return sound;
}

}  // namespace qamro::audio
