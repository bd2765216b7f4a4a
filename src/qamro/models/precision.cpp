#include "qamro/models/precision.h"

#include <fmt/format.h>

#include "qamro/core/error.h"

namespace qamro::models {

Precision parse_precision(const std::string& name) {
  if (name == "fp32") return Precision::fp32;
  if (name == "bf16") return Precision::bf16;
  if (name == "int8") return Precision::int8;
  if (name == "fp16") return Precision::fp16;
  throw InvalidInput(fmt::format("precision: expected fp32, bf16, int8 or fp16, got '{}'", name));
}

std::string to_string(Precision precision) {
  if (precision == Precision::int8) return "int8";
  if (precision == Precision::fp16) return "fp16";
  return precision == Precision::bf16 ? "bf16" : "fp32";
}

}  // namespace qamro::models
