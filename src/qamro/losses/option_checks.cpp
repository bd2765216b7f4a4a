#include "qamro/losses/option_checks.h"

#include <fmt/format.h>

#include <cmath>

#include "qamro/core/error.h"

namespace qamro::losses {
namespace {

[[noreturn]] void refuse(std::string_view option, std::string_view expected, double value) {
  throw InvalidInput(fmt::format("{}: expected a finite number{}, got {}", option, expected, value));
}

}  // namespace

void check_finite(std::string_view option, double value) {
  if (!std::isfinite(value)) refuse(option, "", value);
}

void check_not_negative(std::string_view option, double value) {
  if (!std::isfinite(value) || value < 0) refuse(option, " >= 0", value);
}

void check_positive(std::string_view option, double value) {
  if (!std::isfinite(value) || value <= 0) refuse(option, " > 0", value);
}

}  // namespace qamro::losses
