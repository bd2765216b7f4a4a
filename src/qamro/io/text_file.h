#pragma once

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <istream>
#include <memory>
#include <string_view>
#include <system_error>

#include "qamro/core/error.h"

namespace qamro::io {

// Opens a file for reading. Throws FileError with the system's reason, also for a folder (which std::ifstream
// would open).
inline std::unique_ptr<std::istream> open_input(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) throw FileError(describe_errno(path.string(), EISDIR));
  errno = 0;
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file) throw FileError(describe_errno(path.string(), errno != 0 ? errno : EIO));
  return file;
}

// The text after a UTF-8 byte order mark; the whole text if it begins with none.
inline std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  return text;
}

}  // namespace qamro::io
