#include "qamro/io/http_fields.h"

#include <charconv>
#include <string_view>

namespace qamro::io {
namespace {

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || stop != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::int64_t> number_in(const HttpResponse& response, const std::string& lower_case_name) {
  const auto text = response.header(lower_case_name);
  return text ? parse_number(*text) : std::nullopt;
}

std::optional<ContentRange> parse_content_range(const std::string& text) {
  const std::string_view all = text;
  const auto dash = all.find('-');
  const auto slash = all.find('/');
  if (!all.starts_with("bytes ") || dash == all.npos || slash == all.npos || slash < dash)
    return std::nullopt;
  const auto first = parse_number(all.substr(6, dash - 6));
  if (!first) return std::nullopt;
  return ContentRange{*first, parse_number(all.substr(slash + 1))};
}

std::string sha256_in(const std::string& entity_tag) {
  std::string text = entity_tag;
  std::erase(text, '"');
  const bool is_hash = text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_hash ? text : "";
}

std::string strong_tag(const HttpResponse& response) {
  const auto tag = response.header("etag").value_or("");
  return tag.size() >= 2 && tag.front() == '"' ? tag : "";
}

}  // namespace qamro::io
