#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace qamro {

// SHA-256 as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

// SHA-256 of a whole file, read in pieces. Throws FileError.
std::string sha256_file(const std::filesystem::path& path);

}  // namespace qamro
