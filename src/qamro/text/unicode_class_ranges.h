#pragma once

#include <span>

namespace qamro::text {

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
