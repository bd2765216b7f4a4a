#pragma once

#include <string>

#include "qamro/nn/precision.h"

namespace qamro::models {

// Arithmetic of the encoder. fp32 matches the reference; the others trade exactness for speed.
using nn::Precision;

// "fp32", "bf16", "int8" or "fp16". Throws InvalidInput for anything else.
Precision parse_precision(const std::string& name);
std::string to_string(Precision precision);

}  // namespace qamro::models
