#include "qamro/data/regular_expression.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <array>
#include <cstdint>

#include "qamro/core/error.h"
#include "qamro/text/utf8.h"

namespace qamro::data {
namespace {

constexpr std::int64_t kMaxPatternBytes = std::int64_t{8} << 20;  // memory of one compiled pattern

std::shared_ptr<const re2::RE2> compile(const std::string& pattern, re2::RE2::Options::Encoding encoding) {
  re2::RE2::Options options;
  options.set_encoding(encoding);
  options.set_max_mem(kMaxPatternBytes);
  options.set_log_errors(false);
  return std::make_shared<const re2::RE2>(pattern, options);
}

// What RE2 says, and what it is about if that is not plain.
std::string reason_of(const re2::RE2& failed) {
  const std::string& argument = failed.error_arg();
  const bool is_digit = argument.size() == 2 && argument[1] >= '1' && argument[1] <= '9';
  if (failed.error_code() == re2::RE2::ErrorBadEscape && is_digit)
    return failed.error() + "; back-references are not supported";
  if (failed.error_code() == re2::RE2::ErrorBadPerlOp)
    return failed.error() + "; look-ahead and look-behind are not supported";
  return failed.error();
}

bool is_utf8(const std::string& text) {
  try {
    for (std::size_t at = 0; at < text.size();) at += text::decode_utf8(text, at).bytes;
    return true;
  } catch (const InvalidInput&) {
    return false;
  }
}

}  // namespace

RegularExpression::RegularExpression(std::string_view what, const std::string& pattern,
                                     std::string_view expected)
    : of_characters_(compile(pattern, re2::RE2::Options::EncodingUTF8)),
      of_bytes_(compile(pattern, re2::RE2::Options::EncodingLatin1)) {
  if (!of_characters_->ok())
    throw InvalidInput(
        fmt::format("{}: expected {}, got '{}' ({})", what, expected, pattern, reason_of(*of_characters_)));
}

const re2::RE2& RegularExpression::pattern_for(const std::string& text) const {
  // A pattern with a character that has no byte of its own ("\\x{4e2d}") cannot be found byte by byte.
  return is_utf8(text) || !of_bytes_->ok() ? *of_characters_ : *of_bytes_;
}

bool RegularExpression::is_found_in(const std::string& text) const {
  return re2::RE2::PartialMatch(text, pattern_for(text));
}

std::optional<std::string> RegularExpression::find(const std::string& text) const {
  const re2::RE2& pattern = pattern_for(text);
  std::array<re2::StringPiece, 2> groups;  // the match and its first group
  const int wanted = pattern.NumberOfCapturingGroups() > 0 ? 2 : 1;
  if (!pattern.Match(text, 0, text.size(), re2::RE2::UNANCHORED, groups.data(), wanted)) return std::nullopt;
  const re2::StringPiece& found = groups[static_cast<std::size_t>(wanted - 1)];
  return std::string(found.data() == nullptr ? "" : found.data(), found.size());
}

}  // namespace qamro::data
