#include "qamro/io/command_line.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace qamro::io {

std::string escaped(std::string_view text, std::string_view characters) {
  std::string result;
  for (const char c : text) {
    if (characters.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string quoted_word(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string shell_word(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,+@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  return quoted_word(text);
}

std::string process_command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string words((std::istreambuf_iterator<char>(file)), {});
  std::string line;
  for (std::size_t begin = 0; begin < words.size();) {
    const std::size_t end = words.find('\0', begin);
    const std::string word = words.substr(begin, end - begin);
    line += begin == 0 ? std::filesystem::path(word).filename().string() : " " + shell_word(word);
    if (end == std::string::npos) break;
    begin = end + 1;
  }
  return line;
}

}  // namespace qamro::io
