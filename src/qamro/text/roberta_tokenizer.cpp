#include "qamro/text/roberta_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>

#include "qamro/core/error.h"
#include "qamro/text/word_splitter.h"

namespace qamro::text {
namespace {

TokenId special_token(const Vocabulary& vocabulary, const std::string& token,
                      const std::filesystem::path& folder) {
  const auto found = vocabulary.find(token);
  if (found == vocabulary.end())
    throw CheckpointError(fmt::format("{}: expected a token '{}', got none of that name",
                                      (folder / "vocab.json").string(), token));
  return found->second;
}

}  // namespace

RobertaTokenizer::RobertaTokenizer(const std::filesystem::path& folder)
    : RobertaTokenizer(read_vocabulary(folder / "vocab.json"), folder) {}

RobertaTokenizer::RobertaTokenizer(const Vocabulary& vocabulary, const std::filesystem::path& folder)
    : encoder_(vocabulary, folder / "merges.txt"),
      begin_(special_token(vocabulary, "<s>", folder)),
      end_(special_token(vocabulary, "</s>", folder)) {
  for (const auto& [token, id] : vocabulary) id_limit_ = std::max<std::int64_t>(id_limit_, id + 1LL);
}

std::vector<std::int64_t> RobertaTokenizer::encode(std::string_view text, std::size_t longest) const {
  if (longest < 2) throw InvalidInput(fmt::format("tokens: expected room for at least 2, got {}", longest));
  std::vector<TokenId> tokens;
  for (const std::string_view word : split_words(text)) {
    if (tokens.size() >= longest - 2) break;
    encoder_.encode(word, tokens);
  }
  tokens.resize(std::min(tokens.size(), longest - 2));
  std::vector<std::int64_t> ids = {begin_};
  ids.insert(ids.end(), tokens.begin(), tokens.end());
  ids.push_back(end_);
  return ids;
}

}  // namespace qamro::text
