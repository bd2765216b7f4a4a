#include "qamro/core/error.h"

#include <fmt/format.h>

#include <cstddef>
#include <system_error>

namespace qamro {

std::string describe_errno(const std::string& path, int error_number) {
  return fmt::format("{}: {}", path, std::generic_category().message(error_number));
}

std::string first_names(const std::vector<std::string>& names, std::string_view between) {
  constexpr std::size_t kMaxNamed = 5;
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += between;
    if (i == kMaxNamed) return text + "...";
    text += names[i];
  }
  return text;
}

}  // namespace qamro
