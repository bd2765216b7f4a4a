#include "qamro/predictors/precision.h"

#include <fmt/format.h>

#include "qamro/core/error.h"

namespace qamro::predictors {

Precision parse_precision(const std::string& name) {
  if (name == "fp32") return Precision::fp32;
  if (name == "bf16") return Precision::bf16;
  throw InvalidInput(fmt::format("precision: expected fp32 or bf16, got '{}'", name));
}

std::string to_string(Precision precision) {
  return precision == Precision::fp32 ? "fp32" : "bf16";
}

}  // namespace qamro::predictors
