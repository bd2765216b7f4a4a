#include "qamro/models/compute.h"

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

void Compute::validate() const {
  if (in_batches() && precision == Precision::int8)
    throw InvalidInput("precision: expected fp32, bf16 or fp16 on a GPU, got int8");
  if (!in_batches() && precision == Precision::fp16)
    throw InvalidInput("precision: expected fp32, bf16 or int8 on a CPU, got fp16");
}

}  // namespace qamro::models
