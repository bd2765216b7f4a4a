// Readers of recipes and of a tokenizer's files.
#include <sstream>

#include "fuzz/fuzz_target.h"
#include "qamro/text/roberta_tokenizer.h"
#include "qamro/training/recipe.h"

namespace qamro::testing {
namespace {

// Lines "#set section.key=value" are overrides; to TOML they are comments.
std::vector<std::string> overrides_in(const std::string& text) {
  constexpr std::string_view kMark = "#set ";
  std::vector<std::string> overrides;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(kMark)) overrides.push_back(line.substr(kMark.size()));
  return overrides;
}

std::string code_point_as_utf8(unsigned code) {
  if (code < 0x80) return {static_cast<char>(code)};
  return {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
}

// GPT-2's printable characters for all bytes, the two marks, and two merged tokens.
std::string small_vocabulary() {
  std::string json = R"({"<s>": 0, "</s>": 1, "th": 2, "the": 3)";
  for (unsigned byte = 0, others = 256; byte < 256; ++byte) {
    const bool is_printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    const std::string character = code_point_as_utf8(is_printable ? byte : others++);
    json += ", \"" + std::string(character == "\"" || character == "\\" ? "\\" : "") + character +
            "\": " + std::to_string(4 + byte);
  }
  return json + "}";
}

}  // namespace

void fuzz_recipe(const FuzzInput& input) {
  const std::string text(input.bytes());
  const training::Recipe recipe = training::parse_recipe(text, "recipe.toml", "/data", overrides_in(text));
  const std::string written = training::recipe_to_toml(recipe);
  require(training::parse_recipe(written, "written.toml", "/data") == recipe, "a written recipe is the same");
  training::recipe_fingerprint(recipe);
  training::ablation_variants(recipe);
}

// The input is vocab.json, merges.txt and a prompt with the byte 0x1E between them. An empty vocabulary
// stands for a small one that is sound.
void fuzz_bpe(const FuzzInput& input) {
  constexpr char kBetween = '\x1E';
  const std::string_view bytes = input.bytes();
  const std::size_t first = std::min(bytes.find(kBetween), bytes.size());
  const std::size_t second = std::min(bytes.find(kBetween, first + 1), bytes.size());
  const std::string_view vocabulary = bytes.substr(0, first);
  const std::string_view merges =
      bytes.substr(std::min(first + 1, second), second - std::min(first + 1, second));
  const std::string_view prompt = bytes.substr(std::min(second + 1, bytes.size()));
  static const std::string kSound = small_vocabulary();
  input.file("vocab.json", vocabulary.empty() ? kSound : vocabulary);
  input.file("merges.txt", merges);
  const text::RobertaTokenizer tokenizer(input.folder());
  std::size_t covered = 0;
  for (const std::string_view word : text::split_words(prompt)) covered += word.size();
  require(covered == prompt.size(), "the words cover the text");
  const auto ids = tokenizer.encode(prompt);
  require(ids.size() >= 2 && ids.size() <= text::RobertaTokenizer::kLongest, "2 to 77 tokens");
  for (const std::int64_t id : ids) require(id >= 0 && id < tokenizer.id_limit(), "ids below the limit");
}

}  // namespace qamro::testing
