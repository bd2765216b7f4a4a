#pragma once

#include <sstream>
#include <string>

namespace qamro::python {

// The arguments joined into one string. (The fmt that torch brings is hidden from users of its stable ABI.)
template <typename... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream stream;
  (stream << ... << parts);
  return stream.str();
}

}  // namespace qamro::python
