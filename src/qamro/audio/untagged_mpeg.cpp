#include "qamro/audio/untagged_mpeg.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "qamro/audio/container_length.h"

namespace qamro::audio {
namespace {

constexpr std::int64_t kSmallestFrameBytes = 24;  // 8 kbit/s at 24 kHz

// mpg123 removes its own delay from the start of a stream, but only if it knows the stream's length.
constexpr int kMpg123Delay = 529;

bool is_mpeg1(const std::array<unsigned char, 4>& header) {
  return (header[1] >> 3 & 3) == 3;
}

// Two silent frames in the format of the stream. The body of the first is "Xing", flags (1: number of frames)
// and the number; mpg123 takes its delay from the second.
std::vector<unsigned char> length_tag(std::array<unsigned char, 4> header, std::int64_t frames) {
  const bool is_mono = header[3] >> 6 == 3;
  const std::size_t side_information = is_mpeg1(header) ? (is_mono ? 17 : 32) : (is_mono ? 9 : 17);
  const auto number = static_cast<std::uint32_t>(std::min<std::int64_t>(frames, 0x7FFFFFFF));
  const std::array<unsigned char, 12> body = {'X',
                                              'i',
                                              'n',
                                              'g',
                                              0,
                                              0,
                                              0,
                                              1,
                                              static_cast<unsigned char>(number >> 24),
                                              static_cast<unsigned char>(number >> 16),
                                              static_cast<unsigned char>(number >> 8),
                                              static_cast<unsigned char>(number)};
  header[1] |= 1;  // no checksum
  header[2] = static_cast<unsigned char>((is_mpeg1(header) ? 5 : 8) << 4 | (header[2] & 0x0C));  // 64 kbit/s
  std::vector<unsigned char> silence(static_cast<std::size_t>(layer3_frame_bytes(header)), 0);
  std::copy(header.begin(), header.end(), silence.begin());
  auto tag = silence;
  std::copy(body.begin(), body.end(), tag.begin() + 4 + static_cast<std::ptrdiff_t>(side_information));
  tag.insert(tag.end(), silence.begin(), silence.end());
  return tag;
}

}  // namespace

std::unique_ptr<UntaggedMpeg> UntaggedMpeg::detect(int file) {
  const auto start = mpeg_start(file);
  std::array<unsigned char, 4> header{};
  if (pread(file, header.data(), header.size(), start) != 4 || layer3_frame_bytes(header) == 0)
    return nullptr;
  if (has_mpeg_length_tag(file)) return nullptr;
  std::unique_ptr<UntaggedMpeg> stream(new UntaggedMpeg(file, start, lseek(file, 0, SEEK_END)));
  stream->silent_samples_ = (is_mpeg1(header) ? 1152 : 576) - kMpg123Delay;
  stream->tag_ = length_tag(header, (stream->end_ - start) / kSmallestFrameBytes + 2);
  return stream;
}

UntaggedMpeg::UntaggedMpeg(int file, std::int64_t start, std::int64_t end)
    : file_(file), start_(start), end_(end) {}

SNDFILE* UntaggedMpeg::open(SF_INFO& info) {
  position_ = 0;
  SF_VIRTUAL_IO io{&UntaggedMpeg::length, &UntaggedMpeg::seek, &UntaggedMpeg::read, nullptr,
                   &UntaggedMpeg::tell};
  SNDFILE* handle = sf_open_virtual(&io, SFM_READ, &info, this);
  if (handle == nullptr) return nullptr;
  std::vector<float> silence(static_cast<std::size_t>(silent_samples_ * info.channels));
  sf_readf_float(handle, silence.data(), silent_samples_);
  return handle;
}

std::int64_t UntaggedMpeg::length() const {
  return static_cast<std::int64_t>(tag_.size()) + end_ - start_;
}

sf_count_t UntaggedMpeg::seek(sf_count_t offset, int whence, void* user_data) {
  auto& stream = from(user_data);
  const std::int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? stream.position_ : stream.length();
  if (offset < -base || offset > stream.length() - base) return -1;
  return stream.position_ = base + offset;
}

sf_count_t UntaggedMpeg::read(void* bytes, sf_count_t count, void* user_data) {
  auto& stream = from(user_data);
  auto* out = static_cast<unsigned char*>(bytes);
  const auto tag_size = static_cast<std::int64_t>(stream.tag_.size());
  const auto from_tag = std::clamp<std::int64_t>(tag_size - stream.position_, 0, count);
  std::copy_n(stream.tag_.begin() + static_cast<std::ptrdiff_t>(std::min(stream.position_, tag_size)),
              from_tag, out);
  stream.position_ += from_tag;
  if (from_tag == count) return count;
  const auto got = pread(stream.file_, out + from_tag, static_cast<std::size_t>(count - from_tag),
                         stream.start_ + stream.position_ - tag_size);
  stream.position_ += std::max<std::int64_t>(got, 0);
  return from_tag + std::max<std::int64_t>(got, 0);
}

}  // namespace qamro::audio
