#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "qamro/text/byte_pair_encoder.h"

namespace qamro::text {

// RoBERTa's tokenizer as LAION-CLAP calls it (hook.py, CLAP_Module.tokenizer): byte-level BPE without a space
// put in front, `<s>` and `</s>` around it, at most 77 tokens with these. There is no padding: the text
// encoder runs on real tokens only. The text is text throughout: "</s>" written in a prompt is five
// characters, not the token. Immutable, hence safe to use from several threads.
class RobertaTokenizer {
 public:
  static constexpr std::size_t kLongest = 77;  // context_length of the reference's configuration

  // FOLDER/vocab.json and FOLDER/merges.txt. Throws FileError where one cannot be opened, CheckpointError
  // where one is not as byte_pair_encoder.h says or the vocabulary lacks "<s>" or "</s>".
  explicit RobertaTokenizer(const std::filesystem::path& folder);

  // 2 to `longest` ids; what is longer is cut before `</s>`. Throws InvalidInput with the byte offset where
  // the text is no UTF-8, also behind the cut; and for longest < 2.
  std::vector<std::int64_t> encode(std::string_view text, std::size_t longest = kLongest) const;

  // One more than the largest id: the rows that an embedding needs.
  std::int64_t id_limit() const { return id_limit_; }

 private:
  RobertaTokenizer(const Vocabulary& vocabulary, const std::filesystem::path& folder);

  BytePairEncoder encoder_;
  TokenId begin_;
  TokenId end_;
  std::int64_t id_limit_ = 0;
};

}  // namespace qamro::text
