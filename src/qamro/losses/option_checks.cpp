#include "qamro/losses/option_checks.h"

#include <fmt/format.h>

#include <cmath>

#include "qamro/core/error.h"

namespace qamro::losses {

void check_positive(const char* where, const char* option, double value) {
  if (!std::isfinite(value) || value <= 0)
    throw InvalidInput(fmt::format("{}: {}: expected a finite number > 0, got {}", where, option, value));
}

}  // namespace qamro::losses
