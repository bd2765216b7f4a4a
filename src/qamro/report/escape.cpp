#include "qamro/report/escape.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>

namespace qamro::report {
namespace {

using Json = nlohmann::ordered_json;

// The text with U+FFFD for invalid UTF-8, as nlohmann-json replaces it.
std::string valid_utf8(std::string_view text) {
  const std::string quoted = Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(quoted).get<std::string>();
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~' || c == '/';
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string html;
  for (const char c : valid_utf8(text)) switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      case '\0':
        html += "\xEF\xBF\xBD";
        break;
      default:
        html += c;
    }
  return html;
}

std::string script_json(const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = std::string_view(text).substr(i, 3);
    if (text[i] == '<' || text[i] == '>' || text[i] == '&') {
      safe += fmt::format("\\u{:04x}", static_cast<unsigned>(text[i]));
    } else if (rest == "\xE2\x80\xA8" || rest == "\xE2\x80\xA9") {  // line ends in older JavaScript
      safe += rest.back() == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      safe += text[i];
    }
  }
  return safe;
}

std::string relative_link(std::string_view path) {
  std::string link = path.starts_with('/') ? "." : "./";
  for (const char c : path)
    if (is_unreserved(c))
      link += c;
    else
      link += fmt::format("%{:02X}", static_cast<std::uint8_t>(c));
  return link;
}

}  // namespace qamro::report
