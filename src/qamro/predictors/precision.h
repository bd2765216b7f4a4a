#pragma once

#include <string>

#include "qamro/nn/precision.h"

namespace qamro::predictors {

// Arithmetic of the encoder. fp32 is the reference's; the others trade exactness for speed.
using nn::Precision;

// "fp32", "bf16", "int8" or "fp16"; anything else is InvalidInput.
Precision parse_precision(const std::string& name);
std::string to_string(Precision precision);

}  // namespace qamro::predictors
