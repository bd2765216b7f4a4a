#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace qamro::data {

// A regular expression that a user typed. RE2 searches in time linear in the text and in bounded memory, so
// no pattern and no text can make it hang or crash. It has no back-references and no look-around. Characters
// are those of UTF-8; a text that is not UTF-8 is searched byte by byte.
class RegularExpression {
 public:
  // `what`: the option or key, for messages: "optimizer.parameter_groups.name". `expected`: what it may be.
  // Throws InvalidInput that says what was typed and what is wrong with it.
  RegularExpression(std::string_view what, const std::string& pattern,
                    std::string_view expected = "a regular expression");

  // Whether it matches anywhere in `text`.
  bool is_found_in(const std::string& text) const;
  // The first match in `text`: its first group (empty if that took no part), or all of it if the pattern has
  // no group.
  std::optional<std::string> find(const std::string& text) const;

 private:
  const re2::RE2& pattern_for(const std::string& text) const;

  std::shared_ptr<const re2::RE2> of_characters_;
  std::shared_ptr<const re2::RE2> of_bytes_;
};

}  // namespace qamro::data
