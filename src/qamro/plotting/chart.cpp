#include "qamro/plotting/chart.h"

#include <fmt/format.h>

#include <cstdint>

namespace qamro::plotting {
namespace {

constexpr std::size_t kMaxCharacters = 60;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";     // U+2026

// Length in bytes of the UTF-8 sequence at the start of the text; 0 if there is none (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  const bool is_overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool is_surrogate = lead == 0xED && byte(1) > 0x9F;
  const bool is_beyond = lead == 0xF4 && byte(1) > 0x8F;
  return is_overlong || is_surrogate || is_beyond ? 0 : length;
}

bool is_control(std::string_view character) {
  const auto lead = static_cast<std::uint8_t>(character[0]);
  const bool is_c1 = lead == 0xC2 && static_cast<std::uint8_t>(character[1]) < 0xA0;
  // XML does not allow U+FFFE and U+FFFF.
  const bool is_no_character = character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
  return lead < 0x20 || lead == 0x7F || is_c1 || is_no_character;
}

void append_escaped(std::string& script, std::string_view bytes) {
  for (const char c : bytes) {
    // Digits are escaped too, because gnuplot takes digits after an escape as part of it.
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ';
    if (is_plain)
      script += c;
    else
      script += fmt::format("\\{:03o}", static_cast<std::uint8_t>(c));
  }
}

}  // namespace

std::string gnuplot_text(std::string_view text) {
  std::string script = "\"";
  const std::string_view whole = text;
  for (std::size_t characters = 0; !text.empty(); ++characters) {
    if (characters == kMaxCharacters) {
      append_escaped(script, kEllipsis);
      break;
    }
    const std::size_t length = sequence_length(text);
    const std::string_view character = length > 0 ? text.substr(0, length) : kReplacement;
    // XML text must not contain "]]>", and gnuplot leaves it in.
    if (character == ">" && whole.substr(0, whole.size() - text.size()).ends_with("]]")) script += ' ';
    append_escaped(script, is_control(character) ? " " : character);
    text.remove_prefix(length > 0 ? length : 1);
  }
  return script + '"';
}

}  // namespace qamro::plotting
