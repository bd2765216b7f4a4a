#pragma once

namespace qamro::text {

// What the tokenizer's pattern tells apart: \p{L}, \p{N}, \s and everything else.
enum class CharacterClass { letter, number, space, other };

// Of Unicode 16, as the reference's tokenizers 0.23 has it, on every machine.
CharacterClass class_of(char32_t value);

}  // namespace qamro::text
