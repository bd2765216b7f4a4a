#pragma once

#include <string_view>
#include <vector>

namespace qamro::text {

// GPT-2's pre-tokenisation: the matches, one behind the other, of
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// (encoder.py of openai/gpt-2; ByteLevel in Hugging Face's tokenizers). Joined they are the text again. Views
// into `text`. Throws InvalidInput with the byte offset where the text is no UTF-8.
std::vector<std::string_view> split_words(std::string_view text);

}  // namespace qamro::text
