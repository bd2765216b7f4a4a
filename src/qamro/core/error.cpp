#include "qamro/core/error.h"

#include <fmt/format.h>

#include <system_error>

namespace qamro {

std::string describe_errno(const std::string& path, int error_number) {
  return fmt::format("{}: {}", path, std::generic_category().message(error_number));
}

}  // namespace qamro
