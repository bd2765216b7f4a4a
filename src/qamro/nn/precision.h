#pragma once

namespace qamro::nn {

// Arithmetic of the heavy layers. fp32 is the reference's; bf16 rounds inputs and weights of convolutions and
// matrix products to 8 bits of mantissa and still sums in fp32.
enum class Precision { fp32, bf16 };

}  // namespace qamro::nn
