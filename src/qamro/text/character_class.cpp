#include "qamro/text/character_class.h"

#include <algorithm>

#include "qamro/text/unicode_class_ranges.h"

namespace qamro::text {
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
