#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "qamro/text/byte_pair_encoder.h"

namespace qamro::text {

// GPT-2's pre-tokenisation: the consecutive matches of
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// (encoder.py of openai/gpt-2; ByteLevel in Hugging Face's tokenizers). They are views into `text`, and
// together they cover it. Throws InvalidInput with the byte offset if the text is not UTF-8.
std::vector<std::string_view> split_words(std::string_view text);

// RoBERTa's tokenizer as LAION-CLAP calls it (hook.py, CLAP_Module.tokenizer): byte-level BPE without a space
// in front, between `<s>` and `</s>`, at most 77 tokens including these. There is no padding: the text
// encoder runs only on real tokens. All input is text: "</s>" written in a prompt is plain characters, not
// the token. Immutable, so it is safe to use from several threads.
class RobertaTokenizer {
 public:
  static constexpr std::size_t kLongest = 77;  // context_length in the reference's configuration

  // Reads FOLDER/vocab.json and FOLDER/merges.txt. Throws FileError if one cannot be opened, and
  // CheckpointError if one is not as byte_pair_encoder.h says or the vocabulary lacks "<s>" or "</s>".
  explicit RobertaTokenizer(const std::filesystem::path& folder);

  // Returns 2 to `longest` ids; longer texts are cut before `</s>`. Throws InvalidInput with the byte offset
  // if the text is not UTF-8, even after the cut, and for longest < 2.
  std::vector<std::int64_t> encode(std::string_view text, std::size_t longest = kLongest) const;

  // One more than the largest id: the number of rows that an embedding needs.
  std::int64_t id_limit() const { return id_limit_; }

 private:
  RobertaTokenizer(const Vocabulary& vocabulary, const std::filesystem::path& folder);

  BytePairEncoder encoder_;
  TokenId begin_;
  TokenId end_;
  std::int64_t id_limit_ = 0;
};

}  // namespace qamro::text
