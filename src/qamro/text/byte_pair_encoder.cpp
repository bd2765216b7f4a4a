#include "qamro/text/byte_pair_encoder.h"

#include <fmt/format.h>

#include <cmath>
#include <istream>
#include <limits>
#include <nlohmann/json.hpp>
#include <queue>
#include <unordered_set>

#include "qamro/core/error.h"
#include "qamro/io/text_file.h"

namespace qamro::text {
namespace {

// Accepts {"token": id, ...} and nothing else while parsing: no JSON document is built, whatever the
// file holds.
class VocabularyReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  VocabularyReader(Vocabulary& vocabulary, std::string file)
      : vocabulary_(vocabulary), file_(std::move(file)) {}

  bool start_object(std::size_t) override {
    if (inside_) refuse("an object");
    inside_ = true;
    return true;
  }
  bool end_object() override { return true; }
  bool key(string_t& name) override {
    token_ = name;
    return true;
  }
  bool number_unsigned(number_unsigned_t id) override {
    if (!inside_ || id > static_cast<number_unsigned_t>(std::numeric_limits<TokenId>::max()))
      refuse(std::to_string(id));
    if (!ids_.insert(id).second || !vocabulary_.emplace(token_, static_cast<TokenId>(id)).second)
      throw CheckpointError(
          fmt::format("{}: token '{}': expected each token and id once, got id {} again", file_, token_, id));
    return true;
  }
  bool null() override { refuse("null"); }
  bool boolean(bool) override { refuse("a boolean"); }
  bool number_integer(number_integer_t value) override { refuse(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { refuse(text); }
  bool string(string_t&) override { refuse("a string"); }
  bool binary(binary_t&) override { refuse("binary data"); }
  bool start_array(std::size_t) override { refuse("an array"); }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    throw CheckpointError(
        fmt::format("{}: expected JSON of tokens and ids, got something else at byte {}", file_, position));
  }

 private:
  [[noreturn]] void refuse(const std::string& found) const {
    const std::string where = inside_ ? fmt::format("token '{}': expected an id from 0", token_)
                                      : std::string("expected an object of tokens and ids");
    throw CheckpointError(fmt::format("{}: {}, got {}", file_, where, found));
  }

  Vocabulary& vocabulary_;
  std::string file_;
  std::string token_;
  std::unordered_set<number_unsigned_t> ids_;
  bool inside_ = false;
};

}  // namespace

Vocabulary read_vocabulary(const std::filesystem::path& path) {
  const auto file = io::open_input(path);
  Vocabulary vocabulary;
  VocabularyReader reader(vocabulary, path.string());
  nlohmann::json::sax_parse(*file, &reader);
  return vocabulary;
}

namespace {

// `bytes_to_unicode` of GPT-2's encoder.py: printable bytes stand for themselves, and the others become
// characters from U+0100 on, so that no token holds spaces or control characters. All are below U+0800, hence
// one or two bytes of UTF-8.
std::string character_of_byte(unsigned byte) {
  const auto is_printable = [](unsigned b) {
    return (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
  };
  unsigned value = byte;
  if (!is_printable(byte)) {
    value = 0x100;
    for (unsigned b = 0; b < byte; ++b) value += is_printable(b) ? 0 : 1;
  }
  if (value < 0x80) return {static_cast<char>(value)};
  return {static_cast<char>(0xC0 | value >> 6), static_cast<char>(0x80 | (value & 0x3F))};
}

TokenId require(const Vocabulary& vocabulary, const std::string& token, const std::string& where) {
  const auto found = vocabulary.find(token);
  if (found == vocabulary.end())
    throw CheckpointError(fmt::format("{}: expected tokens of the vocabulary, got '{}'", where, token));
  return found->second;
}

std::uint64_t key_of(TokenId left, TokenId right) {
  return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
}

}  // namespace

BytePairEncoder::BytePairEncoder(const Vocabulary& vocabulary, const std::filesystem::path& merges) {
  for (unsigned byte = 0; byte < bytes_.size(); ++byte)
    bytes_[byte] = require(vocabulary, character_of_byte(byte), merges.string());
  const auto file = io::open_input(merges);
  merges_.reserve(vocabulary.size());
  std::size_t number = 0;
  for (std::string line; std::getline(*file, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (!line.starts_with("#version"))
      read_merge(vocabulary, line, fmt::format("{}:{}", merges.string(), number));
  }
  if (file->bad()) throw FileError(merges.string() + ": cannot be read");
}

void BytePairEncoder::read_merge(const Vocabulary& vocabulary, const std::string& line,
                                 const std::string& where) {
  const std::size_t space = line.find(' ');
  if (space == 0 || space == std::string::npos || space + 1 == line.size() ||
      line.find(' ', space + 1) != std::string::npos)
    throw CheckpointError(fmt::format("{}: expected two tokens with a space between, got '{}'", where, line));
  const std::string left = line.substr(0, space), right = line.substr(space + 1);
  const Merge merge{static_cast<std::int32_t>(merges_.size()), require(vocabulary, left + right, where)};
  const auto key = key_of(require(vocabulary, left, where), require(vocabulary, right, where));
  if (!merges_.emplace(key, merge).second)
    throw CheckpointError(fmt::format("{}: expected each pair once, got '{}' again", where, line));
}

const BytePairEncoder::Merge* BytePairEncoder::find(TokenId left, TokenId right) const {
  const auto found = merges_.find(key_of(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

// A pair that could be merged. It is stale once one of its symbols has been merged with another.
struct BytePairEncoder::Candidate {
  std::int32_t rank;
  std::int64_t position;  // of the left symbol
  TokenId merged;

  bool operator>(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : position > other.position;
  }
};

// A word that is being merged: a linked list over its bytes.
class BytePairEncoder::Word {
 public:
  Word(const BytePairEncoder& encoder, std::string_view bytes) : encoder_(encoder) {
    const auto count = static_cast<std::int64_t>(bytes.size());
    for (std::int64_t i = 0; i < count; ++i)
      symbols_.push_back({encoder.bytes_[static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)])],
                          i - 1, i + 1 < count ? i + 1 : -1});
    for (std::int64_t i = 0; i + 1 < count; ++i) suggest(i);
  }

  void merge_all() {
    while (!candidates_.empty()) {
      const Candidate candidate = candidates_.top();
      candidates_.pop();
      const Merge* merge = merge_at(candidate.position);
      if (merge != nullptr && merge->merged == candidate.merged) apply(candidate.position, candidate.merged);
    }
  }

  void append_to(std::vector<TokenId>& ids) const {
    for (std::int64_t i = symbols_.empty() ? -1 : 0; i >= 0; i = at(i).next) ids.push_back(at(i).id);
  }

 private:
  struct Symbol {
    TokenId id;  // -1: merged into the symbol before
    std::int64_t previous, next;
  };

  Symbol& at(std::int64_t i) { return symbols_[static_cast<std::size_t>(i)]; }
  const Symbol& at(std::int64_t i) const { return symbols_[static_cast<std::size_t>(i)]; }

  // The merge of a symbol with its right neighbour; null if there is none.
  const Merge* merge_at(std::int64_t position) const {
    const Symbol& left = at(position);
    return left.id < 0 || left.next < 0 ? nullptr : encoder_.find(left.id, at(left.next).id);
  }

  void suggest(std::int64_t position) {
    if (const Merge* merge = merge_at(position)) candidates_.push({merge->rank, position, merge->merged});
  }

  void apply(std::int64_t position, TokenId merged) {
    Symbol& left = at(position);
    Symbol& right = at(left.next);
    left.id = merged;
    left.next = right.next;
    right.id = -1;
    if (left.next >= 0) at(left.next).previous = position;
    if (left.previous >= 0) suggest(left.previous);
    suggest(position);
  }

  const BytePairEncoder& encoder_;
  std::vector<Symbol> symbols_;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates_;
};

void BytePairEncoder::encode(std::string_view word, std::vector<TokenId>& ids) const {
  Word symbols(*this, word);
  symbols.merge_all();
  symbols.append_to(ids);
}

}  // namespace qamro::text
