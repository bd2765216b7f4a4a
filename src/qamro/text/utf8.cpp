#include "qamro/text/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "qamro/core/error.h"

namespace qamro::text {
namespace {

[[noreturn]] void refuse(std::string_view text, std::size_t offset) {
  throw InvalidInput(fmt::format("text: expected UTF-8, got byte 0x{:02X} at byte offset {}",
                                 static_cast<unsigned char>(text[offset]), offset));
}

}  // namespace

CodePoint decode_utf8(std::string_view text, std::size_t offset) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[offset + i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC0 || lead > 0xF7 || text.size() - offset < bytes) refuse(text, offset);
  char32_t value = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) refuse(text, offset);
    value = value << 6 | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 3> kSmallest = {0x80, 0x800, 0x10000};
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kSmallest[bytes - 2] || is_surrogate || value > 0x10FFFF) refuse(text, offset);
  return {value, bytes};
}

namespace {

bool is_in(std::span<const CodePointRange> ranges, char32_t value) {
  const auto found = std::ranges::lower_bound(ranges, value, {}, &CodePointRange::last);
  return found != ranges.end() && found->first <= value;
}

}  // namespace

CharacterClass class_of(char32_t value) {
  if (is_in(kLetterRanges, value)) return CharacterClass::letter;
  if (is_in(kSpaceRanges, value)) return CharacterClass::space;
  if (is_in(kNumberRanges, value)) return CharacterClass::number;
  return CharacterClass::other;
}

}  // namespace qamro::text
