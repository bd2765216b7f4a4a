#include "qamro/models/precision.h"

#include <fmt/format.h>

#include "qamro/core/error.h"

namespace qamro::models {

Precision parse_precision(const std::string& name) {
  if (const auto precision = value_named<Precision>(name)) return *precision;
  throw InvalidInput(fmt::format("precision: expected fp32, bf16, int8 or fp16, got '{}'", name));
}

std::string to_string(Precision precision) {
  return std::string(name_of(precision));
}

}  // namespace qamro::models
