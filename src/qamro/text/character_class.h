#pragma once

namespace qamro::text {

// The classes in the tokenizer's pattern: \p{L}, \p{N}, \s and everything else.
enum class CharacterClass { letter, number, space, other };

// According to Unicode 16 on every machine, like the reference's tokenizers 0.23.
CharacterClass class_of(char32_t value);

}  // namespace qamro::text
