#include "qamro/audio/sound_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace qamro::audio {
namespace {

using Bytes = std::array<unsigned char, 4096>;

std::size_t read_at(int file, std::int64_t position, std::span<unsigned char> bytes) {
  const auto got = pread(file, bytes.data(), bytes.size(), position);
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

std::int64_t file_bytes(int file) {
  struct stat status {};
  return fstat(file, &status) == 0 ? status.st_size : 0;
}

std::int64_t number(const unsigned char* bytes, int size, bool big_endian) {
  std::uint64_t value = 0;
  for (int i = 0; i < size; ++i) value = value << 8 | bytes[big_endian ? i : size - 1 - i];
  return static_cast<std::int64_t>(value);
}

bool is(const unsigned char* bytes, std::string_view tag) {
  return std::equal(tag.begin(), tag.end(), bytes,
                    [](char a, unsigned char b) { return a == static_cast<char>(b); });
}

// Sizes in the header of a file written to a pipe: ffmpeg leaves 0xFFFFFFFF, sox 0x7FFFF000, others 0.
bool is_open_size(std::int64_t bytes) {
  return bytes <= 0 || (bytes >= 0x7FFF0000 && bytes <= 0xFFFFFFFF);
}

std::optional<DataChunk> promise(std::int64_t promised, std::int64_t present) {
  if (promised <= 0) return std::nullopt;
  return DataChunk{promised, std::max<std::int64_t>(present, 0)};
}

// A chunk is a four-letter name, a size and that many bytes, rounded up to an even number.
std::optional<DataChunk> find_chunk(int file, std::string_view name, bool big_endian) {
  constexpr int kMaxChunks = 10'000;
  const auto end = file_bytes(file);
  std::int64_t position = 12;
  std::int64_t long_size = 0;  // of an RF64 file's data
  for (int chunk = 0; chunk < kMaxChunks; ++chunk) {
    std::array<unsigned char, 24> header{};
    if (read_at(file, position, header) < 8) return std::nullopt;
    const auto size = number(&header[4], 4, big_endian);
    if (is(header.data(), "ds64")) long_size = number(&header[16], 8, false);
    position += 8;
    if (is(header.data(), name)) {
      if (size == 0xFFFFFFFF && long_size > 0) return promise(long_size, end - position);
      return is_open_size(size) ? std::nullopt : promise(size, end - position);
    }
    position += size + size % 2;
  }
  return std::nullopt;
}

bool is_mpeg_sync(const unsigned char* bytes) {
  return bytes[0] == 0xFF && (bytes[1] & 0xE0) == 0xE0 && (bytes[1] & 0x06) != 0;
}

// Where MPEG audio begins, after ID3v2 tags.
std::int64_t mpeg_start(int file) {
  std::int64_t position = 0;
  std::array<unsigned char, 10> tag{};
  // A tag's size is four bytes of seven bits each.
  while (read_at(file, position, tag) == tag.size() && is(tag.data(), "ID3"))
    position += 10 + ((tag[6] & 127) << 21 | (tag[7] & 127) << 14 | (tag[8] & 127) << 7 | (tag[9] & 127));
  return position;
}

// Size in bytes of the layer III frame with this header; 0 if the header is of another kind or does not give
// the size.
std::int64_t layer3_frame_bytes(std::span<const unsigned char, 4> header) {
  constexpr std::array<int, 16> kMpeg1 = {0,   32,  40,  48,  56,  64,  80,  96,
                                          112, 128, 160, 192, 224, 256, 320, 0};
  constexpr std::array<int, 16> kMpeg2 = {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0};
  constexpr std::array<int, 4> kRates = {44'100, 48'000, 32'000, 0};
  const int version = header[1] >> 3 & 3;  // 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
  const int rate = kRates[header[2] >> 2 & 3] / (version == 3 ? 1 : version == 2 ? 2 : 4);
  const int kilobits = (version == 3 ? kMpeg1 : kMpeg2)[header[2] >> 4];
  if (!is_mpeg_sync(header.data()) || (header[1] >> 1 & 3) != 1 || version == 1 || rate == 0 || kilobits == 0)
    return 0;
  return (version == 3 ? 144'000 : 72'000) * kilobits / rate + (header[2] >> 1 & 1);
}

// Whether the first frame is a Xing or Info tag that gives the number of frames.
bool has_mpeg_length_tag(int file) {
  std::array<unsigned char, 64> frame{};
  if (read_at(file, mpeg_start(file), frame) < frame.size() || !is_mpeg_sync(frame.data())) return false;
  // The tag follows the header (4 bytes), a checksum if there is one (2), and the side information.
  for (const std::size_t side : {9U, 17U, 32U})
    for (const std::size_t checksum : {0U, 2U}) {
      const auto* tag = &frame[4 + side + checksum];
      if (is(tag, "Xing") || is(tag, "Info")) return (tag[7] & 1) != 0;
    }
  return false;
}

}  // namespace

std::optional<DataChunk> data_chunk(int file) {
  std::array<unsigned char, 12> header{};
  if (read_at(file, 0, header) < header.size()) return std::nullopt;
  if (is(header.data(), "RIFF") || is(header.data(), "RF64")) return find_chunk(file, "data", false);
  if (is(header.data(), "RIFX")) return find_chunk(file, "data", true);
  if (is(header.data(), "FORM")) return find_chunk(file, "SSND", true);
  if (is(header.data(), ".snd")) {
    const auto size = number(&header[8], 4, true);
    if (is_open_size(size)) return std::nullopt;
    return promise(size, file_bytes(file) - number(&header[4], 4, true));
  }
  return std::nullopt;
}

OggStream ogg_stream(int file) {
  constexpr std::size_t kHeader = 27;
  OggStream stream;
  const auto end = file_bytes(file);
  std::int64_t position = 0;
  std::array<unsigned char, kHeader + 255> page{};
  while (const auto got = read_at(file, position, page)) {
    if (got < kHeader || !is(page.data(), "OggS") || got < kHeader + page[26]) break;
    position += static_cast<std::int64_t>(kHeader) + page[26];
    for (std::size_t segment = 0; segment < page[26]; ++segment) position += page[kHeader + segment];
    if (position > end) {  // the page itself is cut short
      stream.ended = false;
      break;
    }
    stream.chained = stream.chained || (stream.ended && (page[5] & 2) != 0);
    stream.ended = (page[5] & 4) != 0;
  }
  return stream;
}

bool mpeg_frames_follow(int file, std::int64_t position) {
  std::array<unsigned char, 4> first{};
  if (read_at(file, mpeg_start(file), first) < first.size()) return false;
  Bytes bytes{};
  const auto got = read_at(file, position, bytes);
  const auto alike = [&](const unsigned char* header) {
    return is_mpeg_sync(header) && header[1] == first[1] && (header[2] & 0x0C) == (first[2] & 0x0C);
  };
  for (std::size_t at = 0; at + 4 <= got; ++at) {
    if (!alike(&bytes[at])) continue;
    const auto size =
        static_cast<std::size_t>(layer3_frame_bytes(std::span<const unsigned char, 4>(&bytes[at], 4)));
    if (size != 0 && at + size + 4 <= got && alike(&bytes[at + size])) return true;
  }
  return false;
}

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
  if (read_at(file, start, header) < header.size() || layer3_frame_bytes(header) == 0) return nullptr;
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
