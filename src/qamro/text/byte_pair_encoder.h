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

// Reads vocab.json: an object of token -> id, with each id in [0, 2^31) at most once. Throws FileError if it
// cannot be opened, and CheckpointError that names file and token.
Vocabulary read_vocabulary(const std::filesystem::path& path);

// Byte-level BPE: starts from a word's bytes and merges the neighbouring pair that stands first in merges.txt
// (the leftmost if it occurs several times), until no pair is listed. Like `BPE` in Hugging Face's tokenizers
// (models/bpe/word.rs, merge_all).
class BytePairEncoder {
 public:
  // merges.txt has one "left right" per line, the most urgent first; lines that begin with "#version" are
  // skipped. Tokens are written in GPT-2's alphabet of printable characters, one per byte. Throws FileError
  // if the file cannot be opened. Throws CheckpointError with file and line for a line of another form, a
  // pair listed twice, or a token that the vocabulary lacks, and also for a vocabulary without all 256 bytes.
  BytePairEncoder(const Vocabulary& vocabulary, const std::filesystem::path& merges);

  // Appends the ids of a word, which may hold any bytes. Takes O(n log n).
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
