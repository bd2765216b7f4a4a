#pragma once

#include <string>

#include "qamro/nn/precision.h"

namespace qamro::predictors {

// Arithmetic of the encoder. fp32 is the reference's; bf16 and int8 trade exactness for speed.
using nn::Precision;

// "fp32", "bf16" or "int8"; anything else is InvalidInput.
Precision parse_precision(const std::string& name);
std::string to_string(Precision precision);

}  // namespace qamro::predictors
