#include "qamro/io/text_file.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <system_error>
#include <vector>

#include "qamro/core/error.h"

namespace qamro::io {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{2} << 30;

std::string from_utf16(std::string_view bytes, bool big_endian) {
  std::string text;
  const auto unit = [&](std::size_t i) {
    const auto first = static_cast<unsigned char>(bytes[i]),
               second = static_cast<unsigned char>(bytes[i + 1]);
    return big_endian ? first << 8 | second : second << 8 | first;
  };
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    utf8proc_int32_t character = unit(i);
    if (character >= 0xD800 && character < 0xDC00 && i + 3 < bytes.size() && unit(i + 2) >= 0xDC00 &&
        unit(i + 2) < 0xE000) {
      character = 0x10000 + ((character - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
      i += 2;
    } else if (character >= 0xD800 && character < 0xE000) {
      character = 0xFFFD;  // half of a pair
    }
    std::array<utf8proc_uint8_t, 4> encoded{};
    const auto count = utf8proc_encode_char(character, encoded.data());
    text.append(reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(count));
  }
  return text;
}

// UTF-16 has a mark, or, as the first characters of a table are ASCII, every second byte is 0.
bool is_utf16(std::string_view bytes, bool big_endian) {
  if (bytes.size() < 4) return false;
  if (bytes.starts_with(big_endian ? "\xFE\xFF" : "\xFF\xFE")) return true;
  const std::size_t zero = big_endian ? 0 : 1;
  return bytes[zero] == 0 && bytes[zero + 2] == 0 && bytes[1 - zero] != 0 && bytes[3 - zero] != 0;
}

}  // namespace

std::unique_ptr<std::istream> open_input(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto type = std::filesystem::status(path, ignored).type();
  if (type == std::filesystem::file_type::directory) throw FileError(describe_errno(path.string(), EISDIR));
  if (type == std::filesystem::file_type::character || type == std::filesystem::file_type::block)
    throw FileError(path.string() + ": expected a file or a pipe, got a device");
  errno = 0;
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file) throw FileError(describe_errno(path.string(), errno != 0 ? errno : EIO));
  return file;
}

std::string read_bytes(std::istream& stream, const std::string& name) {
  std::string bytes;
  std::vector<char> block(1 << 16);
  while (stream.read(block.data(), std::ssize(block)) || stream.gcount() > 0) {
    bytes.append(block.data(), static_cast<std::size_t>(stream.gcount()));
    if (bytes.size() > kMaxBytes)
      throw InvalidInput(fmt::format("{}: expected at most {} bytes, got more", name, kMaxBytes));
  }
  if (stream.bad()) throw FileError(name + ": cannot be read");
  return bytes;
}

std::string read_text(const std::filesystem::path& path) {
  return decoded_text(read_bytes(*open_input(path), path.string()));
}

std::string decoded_text(std::string bytes) {
  for (const bool big_endian : {false, true})
    if (is_utf16(bytes, big_endian)) bytes = from_utf16(bytes, big_endian);
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.erase(0, 3);
  if (bytes.find('\n') == std::string::npos) std::replace(bytes.begin(), bytes.end(), '\r', '\n');
  return bytes;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char letter) {
    return static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
  });
  return lower;
}

}  // namespace qamro::io
