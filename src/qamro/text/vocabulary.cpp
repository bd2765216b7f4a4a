#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "qamro/core/error.h"
#include "qamro/io/text_file.h"
#include "qamro/text/byte_pair_encoder.h"

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

}  // namespace qamro::text
