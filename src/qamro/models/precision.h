#pragma once

#include <string>

#include "qamro/core/enum_names.h"
#include "qamro/nn/precision.h"

namespace qamro::nn {
constexpr auto enum_names(Precision) {
  return names_table<Precision>({{Precision::fp32, "fp32"},
                                 {Precision::bf16, "bf16"},
                                 {Precision::int8, "int8"},
                                 {Precision::fp16, "fp16"}});
}
}  // namespace qamro::nn

namespace qamro::models {

// Arithmetic of the encoder. fp32 matches the reference; the others trade exactness for speed.
using nn::Precision;

// "fp32", "bf16", "int8" or "fp16". Throws InvalidInput for anything else.
Precision parse_precision(const std::string& name);
std::string to_string(Precision precision);

}  // namespace qamro::models
