#pragma once

#include <cstddef>
#include <string_view>

namespace qamro::text {

struct CodePoint {
  char32_t value;
  std::size_t bytes;  // 1 to 4
};

// The character that begins at byte `offset` of `text`, offset < text.size(). Throws InvalidInput that names
// the offset where the bytes are not UTF-8 as RFC 3629 has it: no surrogates, no longer forms than needed, up
// to U+10FFFF.
CodePoint decode_utf8(std::string_view text, std::size_t offset);

}  // namespace qamro::text
