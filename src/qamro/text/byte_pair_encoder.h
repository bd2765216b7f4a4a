#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace qamro::text {

using TokenId = std::int32_t;
using Vocabulary = std::unordered_map<std::string, TokenId>;

// vocab.json: an object of token -> id, each id of [0, 2^31) once. Throws FileError where it cannot be
// opened, and CheckpointError that names file and token.
Vocabulary read_vocabulary(const std::filesystem::path& path);

// Byte-level BPE: a word's bytes, then the pair of neighbours merged that stands first in merges.txt (the
// leftmost of several), until none is listed. As `BPE` in Hugging Face's tokenizers (models/bpe/word.rs,
// merge_all).
class BytePairEncoder {
 public:
  // merges.txt: a line each "left right", the most urgent first; lines that begin with "#version" are passed
  // over. Tokens are written in GPT-2's alphabet of printable characters, one a byte. Throws FileError where
  // the file cannot be opened; CheckpointError with file and line for a line of another form, a pair listed
  // twice, or a token that the vocabulary lacks; and for a vocabulary without all 256 bytes.
  BytePairEncoder(const Vocabulary& vocabulary, const std::filesystem::path& merges);

  // Appends the ids of a word of any bytes; time grows with n log n.
  void encode(std::string_view word, std::vector<TokenId>& ids) const;

 private:
  struct Merge {
    std::int32_t rank;
    TokenId merged;
  };
  struct Candidate;
  class Word;

  void read_merge(const Vocabulary& vocabulary, const std::string& line, const std::string& where);
  const Merge* find(TokenId left, TokenId right) const;

  std::array<TokenId, 256> bytes_{};
  std::unordered_map<std::uint64_t, Merge> merges_;  // by left << 32 | right
};

}  // namespace qamro::text
