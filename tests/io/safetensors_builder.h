#pragma once

#include <cstdint>
#include <string>

namespace qamro::testing {

// A safetensors file with any header and data.
inline std::string make_safetensors(const std::string& header, const std::string& data) {
  std::string file;
  for (unsigned i = 0; i < 8; ++i) file += static_cast<char>(std::uint64_t{header.size()} >> (8 * i));
  return file + header + data;
}

}  // namespace qamro::testing
