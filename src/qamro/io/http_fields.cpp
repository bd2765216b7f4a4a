#include <algorithm>
#include <charconv>
#include <string_view>

#include "qamro/io/http.h"

namespace qamro::io {

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || stop != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

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
  const auto last = parse_number(all.substr(dash + 1, slash - dash - 1));
  if (!first || !last) return std::nullopt;
  return ContentRange{*first, *last, parse_number(all.substr(slash + 1))};
}

bool is_consistent(const ContentRange& range, const HttpResponse& response) {
  if (range.last < range.first || (range.total && range.last >= *range.total)) return false;
  const auto length = number_in(response, "content-length");
  return !length || response.header("transfer-encoding") || *length == range.last - range.first + 1;
}

std::optional<std::size_t> unsendable_character(std::string_view text, bool spaces) {
  const auto is_wrong = [&](char letter) {
    const bool is_space = letter == ' ' || letter == '\t';
    return is_space ? !spaces : letter <= ' ' || letter > '~';  // negative beyond ASCII
  };
  const auto found = std::ranges::find_if(text, is_wrong);
  return found == text.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - text.begin()));
}

std::string sha256_in(const std::string& entity_tag) {
  std::string text = entity_tag;
  std::erase(text, '"');
  const bool is_hash = text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_hash ? text : "";
}

std::string strong_tag(const HttpResponse& response) {
  const auto tag = response.header("etag").value_or("");
  const bool is_strong = tag.size() >= 2 && tag.front() == '"';
  return is_strong && !unsendable_character(tag, /*spaces=*/true) ? tag : "";
}

}  // namespace qamro::io
