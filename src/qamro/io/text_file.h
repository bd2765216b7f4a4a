#pragma once

#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <string_view>

namespace qamro::io {

// Opens a file or a pipe for reading. Throws FileError with the system's reason, also for a folder and a
// device (which std::ifstream would open).
std::unique_ptr<std::istream> open_input(const std::filesystem::path& path);

// All bytes up to the end, at most 2 GiB; `name` stands for the file in messages. Throws FileError,
// InvalidInput.
std::string read_bytes(std::istream& stream, const std::string& name);

// The whole file, read once, so that it may be a pipe: as UTF-8 without a byte order mark, even if the file
// is UTF-16, and with LF where it ends lines with CR alone. Throws FileError as open_input(), and
// InvalidInput for more than 2 GiB.
std::string read_text(const std::filesystem::path& path);

// What read_text() makes of a file's bytes.
std::string decoded_text(std::string bytes);

// ASCII letters in lower case; all other bytes as they are.
std::string lower_case(std::string_view text);

// The text after a UTF-8 byte order mark; the whole text if it begins with none.
inline std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  return text;
}

}  // namespace qamro::io
