#pragma once

#include <string_view>
#include <vector>

namespace qamro::text {

// GPT-2's pre-tokenisation: the consecutive matches of
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// (encoder.py of openai/gpt-2; ByteLevel in Hugging Face's tokenizers). They are views into `text`, and
// together they cover it. Throws InvalidInput with the byte offset if the text is not UTF-8.
std::vector<std::string_view> split_words(std::string_view text);

}  // namespace qamro::text
