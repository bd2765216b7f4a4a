#include <FLAC/stream_decoder.h>
#include <fmt/format.h>
#include <ogg/ogg.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "qamro/audio/container.h"

namespace qamro::audio {

OggStream ogg_stream(int file) {
  constexpr std::size_t kBlockBytes = std::size_t{64} << 10;
  OggStream stream;
  std::array<unsigned char, 4> mark{};
  if (read_at(file, 0, mark) < mark.size() || !is(mark.data(), "OggS")) return stream;
  ogg_sync_state state{};
  const std::unique_ptr<ogg_sync_state, int (*)(ogg_sync_state*)> sync(&state, &ogg_sync_clear);
  std::int64_t position = 0, end_of_page = 0, skipped = 0;
  ogg_page page{};
  while (true) {
    const auto bytes = static_cast<std::int64_t>(ogg_sync_pageseek(sync.get(), &page));
    if (bytes > 0) {
      if (std::exchange(skipped, 0) > 0) stream.is_damaged = true;
      end_of_page += bytes;
      stream.is_ogg = true;
      stream.chained = stream.chained || (stream.ended && ogg_page_bos(&page) != 0);
      stream.ended = ogg_page_eos(&page) != 0;
    } else if (bytes < 0) {
      if (!stream.is_ogg) return stream;
      skipped -= bytes;
      end_of_page -= bytes;
    } else {
      char* buffer = ogg_sync_buffer(sync.get(), kBlockBytes);
      const auto got = buffer == nullptr ? 0 : pread(file, buffer, kBlockBytes, position);
      if (got <= 0) break;
      ogg_sync_wrote(sync.get(), static_cast<long>(got));  // NOLINT(google-runtime-int): as libogg has it
      position += got;
    }
  }
  if (!stream.is_ogg) return stream;
  end_of_page -= skipped;
  mark = {};
  read_at(file, end_of_page, mark);
  stream.cut = is(mark.data(), "OggS");
  if (!stream.cut) stream.behind = bytes_behind(file, end_of_page);
  return stream;
}

std::int64_t bytes_behind_mp4(int file) {
  constexpr std::array<std::string_view, 9> kBoxes = {"mdat", "moov", "moof", "mfra", "free",
                                                      "skip", "udta", "meta", "uuid"};
  const std::int64_t end = file_bytes(file);
  std::array<unsigned char, 16> box{};
  for (std::int64_t position = 0; position < end;) {
    if (read_at(file, position, box) < 8 || (position > 0 && is(&box[4], "ftyp")))
      return bytes_behind(file, position);
    std::int64_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size = size << 8 | box[i];
    if (size == 1) {  // it follows, in eight bytes
      size = 0;
      for (std::size_t i = 8; i < 16; ++i) size = size << 8 | box[i];
    }
    const bool is_name = std::all_of(&box[4], &box[8], [](unsigned char c) { return c >= 32 && c < 127; });
    if (size == 0 && is_name) return 0;  // up to the end
    if (size > end - position &&
        std::ranges::any_of(kBoxes, [&](std::string_view name) { return is(&box[4], name); }))
      return end - position - size;
    if (size < 8 || size > end - position || !is_name) return bytes_behind(file, position);
    position += size;
  }
  return 0;
}

namespace {

// An element of matroska's format EBML (RFC 8794).
struct Element {
  std::string_view name;
  std::int64_t content = 0;               // where it begins
  std::optional<std::int64_t> size = {};  // of the content; empty: open, the elements inside follow
};

// The element at a position, if it has one of the names.
std::optional<Element> element_at(int file, std::int64_t position, std::span<const std::string_view> names) {
  std::array<unsigned char, 12> bytes{};
  read_at(file, position, bytes);
  const auto name =
      std::ranges::find_if(names, [&](std::string_view candidate) { return is(bytes.data(), candidate); });
  if (name == names.end()) return std::nullopt;
  // The number of leading zeros of a size is that of the bytes that follow; all ones: open.
  const unsigned char* size = bytes.data() + name->size();
  const int more = std::countl_zero(*size);
  if (more > 7) return std::nullopt;
  std::int64_t value = *size & (0x7F >> more);
  for (int i = 1; i <= more; ++i) value = value << 8 | size[i];
  Element element{*name, position + std::ssize(*name) + 1 + more};
  if (value != (std::int64_t{1} << 7 * (more + 1)) - 1) element.size = value;
  return element;
}

}  // namespace

std::int64_t bytes_behind_matroska(int file) {
  using namespace std::string_view_literals;
  // Header, segment, padding, checksum; then what a segment and a cluster hold, to walk through open ones
  // (RFC 9559).
  constexpr std::array kNames = {"\x1A\x45\xDF\xA3"sv,
                                 "\x18\x53\x80\x67"sv,
                                 "\xEC"sv,
                                 "\xBF"sv,
                                 "\x1F\x43\xB6\x75"sv,
                                 "\x11\x4D\x9B\x74"sv,
                                 "\x15\x49\xA9\x66"sv,
                                 "\x16\x54\xAE\x6B"sv,
                                 "\x1C\x53\xBB\x6B"sv,
                                 "\x12\x54\xC3\x67"sv,
                                 "\x19\x41\xA4\x69"sv,
                                 "\x10\x43\xA7\x70"sv,
                                 "\xE7"sv,
                                 "\xA3"sv,
                                 "\xA0"sv,
                                 "\xA7"sv,
                                 "\xAB"sv,
                                 "\xAF"sv,
                                 "\x58\x54"sv};
  constexpr std::size_t kOutside = 4;
  const std::int64_t end = file_bytes(file);
  bool is_open = false;
  for (std::int64_t position = 0; position < end;) {
    const auto element =
        element_at(file, position, std::span(kNames).first(is_open ? kNames.size() : kOutside));
    if (!element) return bytes_behind(file, position);
    if (!element->size) is_open = true;
    if (element->size.value_or(0) > end - element->content) return end - element->content - *element->size;
    position = element->content + element->size.value_or(0);
  }
  return 0;
}

namespace {

// Where a second flac stream begins: its mark and the header of its first block, which is never elsewhere.
std::optional<std::int64_t> second_flac(int file) {
  constexpr std::string_view kMark("fLaC\0\0\0\x22", 8);
  std::array<char, std::size_t{64} << 10>
      block;  // NOLINT(cppcoreguidelines-pro-type-member-init): it is filled
  for (std::int64_t position = 1;; position += std::ssize(block) - std::ssize(kMark)) {
    const auto got = pread(file, block.data(), block.size(), position);
    if (got < std::ssize(kMark)) return std::nullopt;
    const void* at = memmem(block.data(), static_cast<std::size_t>(got), kMark.data(), kMark.size());
    if (at != nullptr) return position + (static_cast<const char*>(at) - block.data());
  }
}

// FLAC's checksum of a frame, which is 0 over a frame with its own checksum.
std::uint16_t flac_checksum(std::span<const unsigned char> bytes) {
  static const auto table = [] {
    std::array<std::uint16_t, 256> entries{};
    for (unsigned i = 0; i < entries.size(); ++i) {
      unsigned value = i << 8;
      for (int bit = 0; bit < 8; ++bit) value = value << 1 ^ ((value & 0x8000) != 0 ? 0x8005U : 0U);
      entries[i] = static_cast<std::uint16_t>(value);
    }
    return entries;
  }();
  unsigned sum = 0;
  for (const unsigned char byte : bytes) sum = (sum << 8 ^ table[(sum >> 8 ^ byte) & 0xFF]) & 0xFFFF;
  return static_cast<std::uint16_t>(sum);
}

// Whether a frame ends where the file ends, so that nothing is behind it.
bool ends_with_flac_frame(int file) {
  std::array<unsigned char, std::size_t{32} << 10> tail{};
  const std::int64_t end = file_bytes(file), begin = std::max<std::int64_t>(0, end - std::ssize(tail));
  const auto bytes = std::span(tail).first(read_at(file, begin, tail));
  for (std::size_t at = bytes.size(); at-- > 1;)
    if (bytes[at - 1] == 0xFF && (bytes[at] & 0xFE) == 0xF8 && flac_checksum(bytes.subspan(at - 1)) == 0)
      return true;
  return false;
}

}  // namespace

std::optional<std::int64_t> bytes_behind_flac(int file, std::int64_t frames) {
  if (const auto second = second_flac(file)) return file_bytes(file) - *second;
  if (ends_with_flac_frame(file)) return 0;
  const std::unique_ptr<FLAC__StreamDecoder, decltype(&FLAC__stream_decoder_delete)> decoder(
      FLAC__stream_decoder_new(), &FLAC__stream_decoder_delete);
  // An opening of its own, for the position of `file` is libsndfile's. The decoder closes it.
  FILE* stream = std::fopen(fmt::format("/proc/self/fd/{}", file).c_str(), "rbe");
  if (!decoder || stream == nullptr) return std::nullopt;
  const auto write = [](const FLAC__StreamDecoder*, const FLAC__Frame*, const FLAC__int32* const*, void*) {
    return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
  };
  const auto complain = [](const FLAC__StreamDecoder*, FLAC__StreamDecoderErrorStatus, void*) {};
  if (FLAC__stream_decoder_init_FILE(decoder.get(), stream, write, nullptr, complain, nullptr) !=
      FLAC__STREAM_DECODER_INIT_STATUS_OK)
    return std::nullopt;
  FLAC__uint64 position = 0;
  if (FLAC__stream_decoder_seek_absolute(decoder.get(), static_cast<FLAC__uint64>(frames - 1)) == 0 ||
      FLAC__stream_decoder_get_decode_position(decoder.get(), &position) == 0)
    return std::nullopt;
  return bytes_behind(file, static_cast<std::int64_t>(position));
}

}  // namespace qamro::audio
