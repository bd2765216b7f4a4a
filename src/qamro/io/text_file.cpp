#include "qamro/io/text_file.h"

#include <cerrno>
#include <fstream>

#include "qamro/core/error.h"

namespace qamro::io {

std::unique_ptr<std::istream> open_input(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) throw FileError(describe_errno(path.string(), EISDIR));
  errno = 0;
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file) throw FileError(describe_errno(path.string(), errno != 0 ? errno : EIO));
  return file;
}

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  return text;
}

}  // namespace qamro::io
