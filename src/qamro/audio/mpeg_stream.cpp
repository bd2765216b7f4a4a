#include "qamro/audio/mpeg_stream.h"

#include <algorithm>
#include <span>

#include "qamro/audio/container.h"

namespace qamro::audio {
namespace {

constexpr std::int64_t kSmallestFrameBytes = 24;  // 8 kbit/s at 24 kHz
constexpr std::int64_t kMaxJunkBytes = std::int64_t{256} << 10;
// mpg123 removes its own delay from the start of a stream, but only if it knows the stream's length.
constexpr int kMpg123Delay = 529;

using Header = std::array<unsigned char, 4>;

bool is_mpeg1(const Header& header) {
  return (header[1] >> 3 & 3) == 3;
}
// 1 to 3.
int layer_of(const Header& header) {
  return 4 - (header[1] >> 1 & 3);
}

int kilobits_per_second(const Header& header) {
  // Layers I, II, III of MPEG 1; layer I and layers II and III of MPEG 2.
  constexpr std::array<std::array<int, 16>, 5> kRates = {{
      {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448, 0},
      {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 0},
      {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0},
      {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256, 0},
      {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0},
  }};
  const int row = is_mpeg1(header) ? layer_of(header) - 1 : layer_of(header) == 1 ? 3 : 4;
  return kRates[static_cast<std::size_t>(row)][header[2] >> 4];
}

// Samples of each channel.
int samples_of(const Header& header) {
  if (layer_of(header) == 1) return 384;
  return layer_of(header) == 2 || is_mpeg1(header) ? 1152 : 576;
}

// Of the frame with this header; 0 if it is no header, or one that does not give the size.
std::int64_t bytes_of(const Header& header) {
  constexpr std::array<int, 4> kRates = {44'100, 48'000, 32'000, 0};
  const int version = header[1] >> 3 & 3;  // 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
  const bool is_sync = header[0] == 0xFF && (header[1] & 0xE0) == 0xE0 && version != 1;
  if (!is_sync || layer_of(header) == 4 || (header[2] >> 2 & 3) == 3) return 0;
  const int rate = kRates[header[2] >> 2 & 3] / (version == 3 ? 1 : version == 2 ? 2 : 4);
  const int unit = layer_of(header) == 1 ? 4 : 1;  // bytes
  const int padding = header[2] >> 1 & 1;
  const int kilobits = kilobits_per_second(header);
  return kilobits == 0 ? 0 : (samples_of(header) * 125 * kilobits / rate / unit + padding) * unit;
}

// Of one version, layer and sample rate.
bool are_alike(const Header& a, const Header& b) {
  return (a[1] & 0x1E) == (b[1] & 0x1E) && (a[2] & 0x0C) == (b[2] & 0x0C);
}

// Reads headers front to back through a block, because a file has hundreds of thousands of them.
class HeaderReader {
 public:
  HeaderReader(int file, std::int64_t end) : file_(file), end_(end), block_(std::size_t{64} << 10) {}

  // Zeros, which are no header, where the part ends.
  Header at(std::int64_t position) {
    Header header{};
    if (position + 4 > end_) return header;
    if (position < begin_ || position + 4 > begin_ + got_) {
      begin_ = position;
      got_ = static_cast<std::int64_t>(read_at(file_, position, block_));
      if (got_ < 4) return header;
    }
    std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(position - begin_), 4, header.begin());
    return header;
  }
  std::int64_t end() const { return end_; }
  int file() const { return file_; }

 private:
  int file_;
  std::int64_t end_;
  std::vector<unsigned char> block_;
  std::int64_t begin_ = 0;
  std::int64_t got_ = 0;
};

// Whether `count` frames of one kind follow each other at `position`; the end of the part counts for all that
// are left after the first.
bool frames_at(HeaderReader& headers, std::int64_t position, int count) {
  const Header first = headers.at(position);
  for (int i = 0; i < count; ++i) {
    if (i > 0 && position >= headers.end()) return position == headers.end();
    const Header header = headers.at(position);
    const std::int64_t bytes = bytes_of(header);
    if (bytes == 0 || !are_alike(header, first))
      return i > 0 && end_of_tags(headers.file(), position) > position;
    position += bytes;
  }
  return true;
}

// The number of frames that a Xing or Info tag in the frame at `position` gives.
std::optional<std::int64_t> promised_frames(int file, std::int64_t position) {
  std::array<unsigned char, 64> frame{};
  if (read_at(file, position, frame) < frame.size()) return std::nullopt;
  // The tag follows the header (4 bytes), a checksum if there is one (2), and the side information.
  for (const std::size_t side : {9U, 17U, 32U})
    for (const std::size_t checksum : {0U, 2U}) {
      const auto* tag = &frame[4 + side + checksum];
      if (!is(tag, "Xing") && !is(tag, "Info")) continue;
      if ((tag[7] & 1) == 0) return std::nullopt;
      return std::int64_t{tag[8]} << 24 | tag[9] << 16 | tag[10] << 8 | tag[11];
    }
  return std::nullopt;
}

class FrameWalk {
 public:
  FrameWalk(int file, const MpegFrames& first, std::int64_t end) : headers_(file, end), found_(first) {}

  MpegFrames walk() {
    std::int64_t position = found_.begin;
    while (position < headers_.end()) {
      const Header header = headers_.at(position);
      const std::int64_t bytes = bytes_of(header);
      if (bytes == 0 || !are_alike(header, found_.header)) {
        position = after_other(position);
        continue;
      }
      position += bytes;
      found_.is_cut = position > headers_.end();
      if (found_.is_cut) break;
      ++found_.count;
      found_.end = position;
    }
    if (found_.promised) --found_.count;
    if (found_.gap_bytes < kSmallestFrameBytes) found_.gap_bytes = 0;
    return found_;
  }

 private:
  // Past what is no frame of this stream.
  std::int64_t after_other(std::int64_t position) {
    if (const auto next = end_of_tags(headers_.file(), position); next > position) return next;
    const std::int64_t gap = position;
    for (; position + 4 <= headers_.end(); ++position) {
      const Header header = headers_.at(position);
      if (bytes_of(header) > 0 && frames_at(headers_, position, 3)) {
        if (are_alike(header, found_.header)) break;
        found_.behind = headers_.end() - position;
        return headers_.end();
      }
      if (is(header.data(), "RIFF") || is(header.data(), "fLaC") || is(header.data(), "OggS")) {
        found_.behind = headers_.end() - position;
        return headers_.end();
      }
    }
    if (position + 4 > headers_.end()) position = headers_.end();
    if (found_.gap_bytes == 0) found_.gap_at = gap;
    found_.gap_bytes += position - gap;
    return position;
  }

  HeaderReader headers_;
  MpegFrames found_;
};

}  // namespace

std::optional<MpegFrames> mpeg_frames(int file, std::int64_t begin, std::int64_t end, bool skips_junk) {
  begin = end_of_tags(file, begin);
  HeaderReader headers(file, end);
  const std::int64_t last = skips_junk ? std::min(end, begin + kMaxJunkBytes) : begin;
  while (begin <= last && !frames_at(headers, begin, skips_junk ? 4 : 2)) ++begin;
  if (begin > last) return std::nullopt;
  MpegFrames first{.header = headers.at(begin), .begin = begin, .end = begin};
  first.samples_per_frame = samples_of(first.header);
  if (layer_of(first.header) == 3) first.promised = promised_frames(file, begin);
  return FrameWalk(file, first, end).walk();
}

bool looks_like_mpeg(int file) {
  Header header{};
  read_at(file, end_of_tags(file, 0), header);
  return header[0] == 0xFF && (header[1] & 0xE0) == 0xE0 && layer_of(header) != 4;
}

// Two silent frames in the format of the stream. The body of the first is "Xing", flags (1: number of frames)
// and the number; mpg123 takes its delay from the second.
LengthTag length_tag_for(const MpegFrames& frames) {
  Header header = frames.header;
  if (frames.promised || layer_of(header) != 3) return {};
  const bool is_mono = header[3] >> 6 == 3;
  const std::size_t side_information = is_mpeg1(header) ? (is_mono ? 17 : 32) : (is_mono ? 9 : 17);
  const auto number = static_cast<std::uint32_t>(
      std::min<std::int64_t>((frames.end - frames.begin) / kSmallestFrameBytes + 2, 0x7FFFFFFF));
  std::array<unsigned char, 12> body = {'X', 'i', 'n', 'g', 0, 0, 0, 1};
  for (std::size_t i = 0; i < 4; ++i) body[8 + i] = static_cast<unsigned char>(number >> (24 - 8 * i));
  header[1] |= 1;  // no checksum
  header[2] = static_cast<unsigned char>((is_mpeg1(header) ? 5 : 8) << 4 | (header[2] & 0x0C));  // 64 kbit/s
  std::vector<unsigned char> silence(static_cast<std::size_t>(bytes_of(header)), 0);
  std::copy(header.begin(), header.end(), silence.begin());
  LengthTag tag{silence, frames.samples_per_frame - kMpg123Delay};
  std::copy(body.begin(), body.end(), tag.bytes.begin() + 4 + static_cast<std::ptrdiff_t>(side_information));
  tag.bytes.insert(tag.bytes.end(), silence.begin(), silence.end());
  return tag;
}

}  // namespace qamro::audio
