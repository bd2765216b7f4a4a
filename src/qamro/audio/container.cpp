#include "qamro/audio/container.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string_view>
#include <vector>

namespace qamro::audio {
namespace {

constexpr std::int64_t kTooLittleForSound = 64;
constexpr std::size_t kMaxPadding = std::size_t{64} << 10;
constexpr std::int64_t kPlausiblePromise = std::int64_t{64} << 20;
constexpr std::int64_t kLeastShare = 8;  // one part in so many of a promise is there if it is to be believed

std::int64_t number(const unsigned char* bytes, int size, bool big_endian) {
  std::uint64_t value = 0;
  for (int i = 0; i < size; ++i) value = value << 8 | bytes[big_endian ? i : size - 1 - i];
  return static_cast<std::int64_t>(value);
}

// One byte over and over up to the end of the file.
std::int64_t end_of_padding(int file, std::int64_t position) {
  std::vector<unsigned char> bytes(kMaxPadding);
  const auto got = static_cast<std::ptrdiff_t>(read_at(file, position, bytes));
  const bool is_padding = position + got == file_bytes(file) &&
                          std::all_of(bytes.begin(), bytes.begin() + got,
                                      [&](unsigned char byte) { return byte == bytes.front(); });
  return is_padding ? position + got : position;
}

std::int64_t end_of_tag(int file, std::int64_t position) {
  std::array<unsigned char, 32> tag{};
  if (read_at(file, position, tag) < 10) return end_of_padding(file, position);
  if (is(tag.data(), "ID3")) {  // a size of four bytes of seven bits each
    const int size = (tag[6] & 127) << 21 | (tag[7] & 127) << 14 | (tag[8] & 127) << 7 | (tag[9] & 127);
    return position + 10 + size + ((tag[5] & 16) != 0 ? 10 : 0);
  }
  if (is(tag.data(), "TAG+")) return position + 227;
  if (is(tag.data(), "TAG")) return position + 128;
  if (is(tag.data(), "APETAGEX"))  // the size is without a header, which bit 29 announces
    return position + number(&tag[12], 4, false) + ((tag[23] & 0x20) != 0 ? 32 : 0);
  if (is(tag.data(), "LYRICSBEGIN")) return std::max(position, file_bytes(file) - 128);
  return end_of_padding(file, position);
}

// How a container lays out its chunks: name, size, content, and padding up to a multiple.
struct Layout {
  std::int64_t first;  // position of the first chunk
  std::string_view sound;
  int name_bytes = 4;
  int size_bytes = 4;
  bool big_endian = false;
  bool size_has_header = false;  // the size counts name and size too
  int alignment = 2;

  int header_bytes() const { return name_bytes + size_bytes; }
};

std::optional<Layout> layout_of(const unsigned char* header) {
  using namespace std::string_view_literals;
  if (is(header, "RIFF") || is(header, "RF64") || is(header, "BW64")) return Layout{12, "data"};
  if (is(header, "RIFX")) return Layout{.first = 12, .sound = "data", .big_endian = true};
  if (is(header, "FORM"))
    return Layout{.first = 12, .sound = is(header + 8, "AIF") ? "SSND" : "BODY", .big_endian = true};
  if (is(header, "caff"))
    return Layout{.first = 8, .sound = "data", .size_bytes = 8, .big_endian = true, .alignment = 1};
  if (is(header, "riff\x2E\x91\xCF\x11"sv))
    return Layout{.first = 40,
                  .sound = "data\xF3\xAC\xD3\x11"sv,
                  .name_bytes = 16,
                  .size_bytes = 8,
                  .size_has_header = true,
                  .alignment = 8};
  return std::nullopt;
}

bool begins_sound(const unsigned char* name, const Layout& layout) {
  for (const std::string_view magic :
       {"RIFF", "RIFX", "RF64", "BW64", "FORM", "caff", "riff", "fLaC", "OggS"})
    if (is(name, magic)) return true;
  return is(name, layout.sound);
}

bool is_name(const unsigned char* name, const Layout& layout) {
  return layout.name_bytes != 4 ||
         std::all_of(name, name + 4, [](unsigned char c) { return c >= 32 && c < 127; });
}

std::int64_t padded(std::int64_t size, int alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

bool is_open(std::int64_t promised, std::int64_t present) {
  return promised < 0 || (promised > kPlausiblePromise && present < promised / kLeastShare);
}

class ChunkWalk {
 public:
  ChunkWalk(int file, const Layout& layout) : file_(file), layout_(layout), end_(file_bytes(file)) {}

  std::optional<SampleData> find() {
    constexpr int kMaxChunks = 10'000;
    std::int64_t position = layout_.first;
    for (int chunk = 0; chunk < kMaxChunks && read_header(position); ++chunk) {
      const std::int64_t content = position + layout_.header_bytes();
      if (is(header_.data(), layout_.sound)) {
        measure(content);
        return data_;
      }
      note_properties(content);
      if (size_ < 0 || size_ > end_ - content) return std::nullopt;
      position = content + padded(size_, layout_.alignment);
    }
    return std::nullopt;
  }

 private:
  // False at the end of the file.
  bool read_header(std::int64_t position) {
    const auto bytes = static_cast<std::size_t>(layout_.header_bytes());
    header_ = {};
    if (position < 0 || position > end_ || read_at(file_, position, std::span(header_).first(bytes)) < bytes)
      return false;
    size_ = number(&header_[static_cast<std::size_t>(layout_.name_bytes)], layout_.size_bytes,
                   layout_.big_endian);
    if (layout_.size_has_header) size_ -= layout_.header_bytes();
    return true;
  }

  void note_properties(std::int64_t content) {
    std::array<unsigned char, 16> body{};
    if (read_at(file_, content, body) < body.size()) return;
    if (is(header_.data(), "ds64")) long_size_ = number(&body[8], 8, false);
    if (!is(header_.data(), "fmt ") || layout_.size_bytes != 4) return;
    data_.wav_format = static_cast<int>(number(body.data(), 2, layout_.big_endian));
    data_.block_bytes = static_cast<int>(number(&body[12], 2, layout_.big_endian));
  }

  void measure(std::int64_t content) {
    constexpr std::int64_t kOpen32 = 0xFFFFFFFF;
    std::int64_t size = size_;
    data_.begin = content;
    data_.present = end_ - content;
    if (layout_.size_bytes == 4 && size == kOpen32) size = long_size_ > 0 ? long_size_ : -1;
    const bool is_zero = size == 0 && data_.present > 0 && !chunks_follow(content);
    const bool is_open_caf = size < 0 && layout_.size_bytes == 8 && layout_.big_endian;
    if (is_open_caf || (is_zero && layout_.size_bytes == 4))
      data_.open_size_at = content - layout_.size_bytes;
    if (is_zero || is_open(size, data_.present)) return;
    data_.promised = size;
    if (size > data_.present) return;
    data_.present = size;
    data_.behind = behind(content + size);
  }

  // Whether nothing but whole chunks follows, up to the end.
  bool chunks_follow(std::int64_t position) {
    const Behind rest = walk_behind(position);
    return rest.bytes == 0 && rest.chunks > 0;
  }

  // Padding is forgotten by some writers.
  std::int64_t behind(std::int64_t position) {
    const std::int64_t after_padding = layout_.first + padded(position - layout_.first, layout_.alignment);
    const std::int64_t bytes = walk_behind(after_padding).bytes;
    return bytes == 0 ? 0 : std::min(bytes, walk_behind(position).bytes);
  }

  struct Behind {
    std::int64_t bytes = 0;
    int chunks = 0;
  };
  Behind walk_behind(std::int64_t position) {
    Behind rest;
    while (read_header(position)) {
      const std::int64_t content = position + layout_.header_bytes();
      if (begins_sound(header_.data(), layout_)) {
        rest.bytes = end_ - position;
        return rest;
      }
      if (!is_name(header_.data(), layout_) || size_ < 0 || size_ > end_ - content) {
        rest.bytes = bytes_behind(file_, position);
        return rest;
      }
      ++rest.chunks;
      position = content + padded(size_, layout_.alignment);
    }
    return rest;
  }

  int file_;
  Layout layout_;
  std::int64_t end_;
  std::array<unsigned char, 24> header_{};
  std::int64_t size_ = 0;
  std::int64_t long_size_ = 0;  // of an RF64 file's data
  SampleData data_;
};

// Sun audio: the header gives where the samples begin, and their size or -1.
SampleData au_data(int file, const unsigned char* header) {
  SampleData data{.begin = number(header + 4, 4, true)};
  const std::int64_t size = number(header + 8, 4, true), present = file_bytes(file) - data.begin;
  data.present = std::max<std::int64_t>(0, present);
  if (size == 0 || size == 0xFFFFFFFF || is_open(size, data.present)) return data;
  data.promised = size;
  if (size > data.present) return data;
  data.present = size;
  data.behind = bytes_behind(file, data.begin + size);
  return data;
}

// Creative voice: blocks of a type and a size of three bytes; type 0 ends the file.
SampleData voc_data(int file, const unsigned char* header) {
  const auto is_sound = [](unsigned char type) { return type == 1 || type == 2 || type == 9; };
  SampleData data{.begin = number(header + 20, 2, false), .promised = 0, .blocks = 0};
  const std::int64_t end = file_bytes(file);
  std::int64_t position = data.begin;
  std::array<unsigned char, 4> block{};
  while (read_at(file, position, block) > 0 && block[0] != 0) {
    const std::int64_t size = number(&block[1], 3, false);
    data.blocks += is_sound(block[0]) ? 1 : 0;
    *data.promised += size;
    data.present += std::min(size, std::max<std::int64_t>(0, end - position - 4));
    position += 4 + size;
  }
  if (position < end) data.behind = bytes_behind(file, position + 1);
  return data;
}

// The number in a line "KEY -i NUMBER" of a NIST header; empty without one.
std::optional<std::int64_t> nist_number(std::string_view header, std::string_view key) {
  const auto line = header.find(fmt::format("\n{} -i ", key));
  if (line == std::string_view::npos) return std::nullopt;
  const char* digits = header.data() + line + key.size() + 5;
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(digits, header.data() + header.size(), value);
  return failure == std::errc() && value > 0 ? std::optional(value) : std::nullopt;
}

// NIST's sphere: a header of lines, whose size is the second one.
std::optional<SampleData> nist_data(int file) {
  constexpr std::int64_t kMaxBytes = std::int64_t{1} << 40;
  std::array<unsigned char, 4096> bytes{};
  const auto got = read_at(file, 0, bytes);
  const std::string_view header(reinterpret_cast<const char*>(bytes.data()), got);
  const auto frames = nist_number(header, "sample_count"), width = nist_number(header, "sample_n_bytes");
  SampleData data;
  const auto first = header.find_first_not_of(' ', 8);
  if (!frames || !width || first == std::string_view::npos) return std::nullopt;
  std::from_chars(header.data() + first, header.data() + header.size(), data.begin);
  const std::int64_t channels = nist_number(header, "channel_count").value_or(1);
  if (*frames > kMaxBytes / *width / channels) return std::nullopt;
  data.promised = *frames * *width * channels;
  data.present = std::clamp<std::int64_t>(file_bytes(file) - data.begin, 0, *data.promised);
  if (data.present == *data.promised) data.behind = bytes_behind(file, data.begin + data.present);
  return data;
}

}  // namespace

std::int64_t end_of_tags(int file, std::int64_t position) {
  const std::int64_t end = file_bytes(file);
  while (position < end) {
    const std::int64_t next = end_of_tag(file, position);
    if (next <= position) break;
    position = next;
  }
  return std::min(position, end);
}

std::int64_t bytes_behind(int file, std::int64_t position) {
  const std::int64_t rest = file_bytes(file) - end_of_tags(file, position);
  return rest <= kTooLittleForSound ? 0 : rest;
}

std::optional<SampleData> sample_data(int file) {
  std::array<unsigned char, 26> header{};
  if (read_at(file, 0, header) < 12) return std::nullopt;
  if (const auto layout = layout_of(header.data())) return ChunkWalk(file, *layout).find();
  if (is(header.data(), ".snd")) return au_data(file, header.data());
  if (is(header.data(), "Creative Voice File\x1A")) return voc_data(file, header.data());
  if (is(header.data(), "NIST_1A\n")) return nist_data(file);
  return std::nullopt;
}

}  // namespace qamro::audio
