#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace qamro::text {

struct CodePoint {
  char32_t value;
  std::size_t bytes;  // 1 to 4
};

// The character that begins at byte `offset` of `text`, offset < text.size(). Throws InvalidInput that names
// the offset if the bytes are not UTF-8 according to RFC 3629: up to U+10FFFF, without surrogates and without
// forms longer than needed.
CodePoint decode_utf8(std::string_view text, std::size_t offset);

// The classes in the tokenizer's pattern: \p{L}, \p{N}, \s and everything else.
enum class CharacterClass { letter, number, space, other };

// According to Unicode 16 on every machine, like the reference's tokenizers 0.23.
CharacterClass class_of(char32_t value);

// Both ends are included.
struct CodePointRange {
  char32_t first;
  char32_t last;
};

// In rising order and with gaps between them: \p{L}, \p{N} and \s of Unicode 16.
extern const std::span<const CodePointRange> kLetterRanges;
extern const std::span<const CodePointRange> kNumberRanges;
extern const std::span<const CodePointRange> kSpaceRanges;

}  // namespace qamro::text
