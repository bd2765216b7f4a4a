#include "qamro/text/roberta_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "qamro/core/error.h"
#include "qamro/text/utf8.h"

namespace qamro::text {
namespace {

struct Character {
  CharacterClass kind;
  std::size_t bytes;
};

Character character_at(std::string_view text, std::size_t offset) {
  const CodePoint point = decode_utf8(text, offset);
  return {class_of(point.value), point.bytes};
}

// The end of the run of characters of one class that begins at `offset`.
std::size_t end_of_run(std::string_view text, std::size_t offset, CharacterClass kind) {
  while (offset < text.size()) {
    const Character character = character_at(text, offset);
    if (character.kind != kind) break;
    offset += character.bytes;
  }
  return offset;
}

// \s+(?!\S)|\s+ : a run of spaces leaves its last one to the next word, unless it is the only one or ends
// the text.
std::size_t end_of_space(std::string_view text, std::size_t start) {
  std::size_t last = start, end = start;
  while (end < text.size()) {
    const Character character = character_at(text, end);
    if (character.kind != CharacterClass::space) break;
    last = end;
    end += character.bytes;
  }
  return end == text.size() || last == start ? end : last;
}

std::size_t contraction_bytes(std::string_view rest) {
  constexpr std::array<std::string_view, 7> kContractions = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
  for (const std::string_view contraction : kContractions)
    if (rest.starts_with(contraction)) return contraction.size();
  return 0;
}

std::size_t end_of_word(std::string_view text, std::size_t start) {
  if (const std::size_t bytes = contraction_bytes(text.substr(start)); bytes > 0) return start + bytes;
  const std::size_t first = text[start] == ' ' && start + 1 < text.size() ? start + 1 : start;
  const CharacterClass kind = character_at(text, first).kind;
  return kind == CharacterClass::space ? end_of_space(text, start) : end_of_run(text, first, kind);
}

TokenId special_token(const Vocabulary& vocabulary, const std::string& token,
                      const std::filesystem::path& folder) {
  const auto found = vocabulary.find(token);
  if (found == vocabulary.end())
    throw CheckpointError(fmt::format("{}: expected a token '{}', got none of that name",
                                      (folder / "vocab.json").string(), token));
  return found->second;
}

}  // namespace

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = end_of_word(text, start);
    words.push_back(text.substr(start, end - start));
    start = end;
  }
  return words;
}

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
