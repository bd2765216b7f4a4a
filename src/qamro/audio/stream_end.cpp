#include <FLAC/stream_decoder.h>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string_view>
#include <vector>

#include "qamro/audio/container.h"
#include "qamro/audio/file_bytes.h"

namespace qamro::audio {

OggStream ogg_stream(int file) {
  constexpr std::size_t kHeader = 27;
  OggStream stream;
  const auto end = file_bytes(file);
  std::int64_t position = 0;
  std::array<unsigned char, kHeader + 255> page{};
  while (const auto got = read_at(file, position, page)) {
    if (got < 4 || !is(page.data(), "OggS")) break;
    if (got < kHeader || got < kHeader + page[26]) {
      stream.cut = true;
      return stream;
    }
    auto next = position + static_cast<std::int64_t>(kHeader) + page[26];
    for (std::size_t segment = 0; segment < page[26]; ++segment) next += page[kHeader + segment];
    if (next > end) {
      stream.cut = true;
      stream.ended = false;
      return stream;
    }
    position = next;
    stream.chained = stream.chained || (stream.ended && (page[5] & 2) != 0);
    stream.ended = (page[5] & 4) != 0;
  }
  stream.behind = bytes_behind(file, position);
  return stream;
}

namespace {

// Where a second flac stream begins: its mark and the header of its first block, which is never elsewhere.
std::optional<std::int64_t> second_flac(int file) {
  constexpr std::string_view kMark("fLaC\0\0\0\x22", 8);
  std::vector<char> block(1 << 20);
  for (std::int64_t position = 1;; position += std::ssize(block) - std::ssize(kMark)) {
    const auto got = pread(file, block.data(), block.size(), position);
    if (got < std::ssize(kMark)) return std::nullopt;
    const auto at = std::string_view(block.data(), static_cast<std::size_t>(got)).find(kMark);
    if (at != std::string_view::npos) return position + static_cast<std::int64_t>(at);
  }
}

}  // namespace

std::optional<std::int64_t> bytes_behind_flac(int file, std::int64_t frames) {
  const std::unique_ptr<FLAC__StreamDecoder, decltype(&FLAC__stream_decoder_delete)> decoder(
      FLAC__stream_decoder_new(), &FLAC__stream_decoder_delete);
  if (const auto second = second_flac(file)) return file_bytes(file) - *second;
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
