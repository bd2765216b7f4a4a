#pragma once

#include <filesystem>
#include <istream>
#include <memory>
#include <string_view>

namespace qamro::io {

// Opens a file for reading. Throws FileError with the system's reason, also for a folder (which std::ifstream
// would open).
std::unique_ptr<std::istream> open_input(const std::filesystem::path& path);

// The text after a UTF-8 byte order mark; the whole text if it begins with none.
std::string_view without_byte_order_mark(std::string_view text);

}  // namespace qamro::io
