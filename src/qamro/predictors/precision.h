#pragma once

#include <string>

namespace qamro::predictors {

// Arithmetic of the encoder. fp32 is the reference's; bf16 trades exactness for speed.
enum class Precision { fp32, bf16 };

// "fp32" or "bf16"; anything else is InvalidInput.
Precision parse_precision(const std::string& name);
std::string to_string(Precision precision);

}  // namespace qamro::predictors
