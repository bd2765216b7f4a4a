#include "qamro/nn/arithmetic.h"

namespace qamro::nn {

// A processor with AVX-512 but without bfloat16 computes in fp32, which is as fast there as 16-bit integers.
Arithmetic::Arithmetic(Precision precision, const Processor& on) : processor(on) {
  if (precision != Precision::bf16 && precision != Precision::int8) return;
  const Tier tier = on.tier;
  if (tier >= Tier::avx512_bf16) {
    rows = at::kBFloat16;
    linear = convolution = other = ProductKind::bf16;
  } else if (tier == Tier::avx2) {
    linear = convolution = ProductKind::wide;
  }
  if (precision == Precision::int8 && tier >= Tier::avx512_vnni) linear = ProductKind::int8;
}

}  // namespace qamro::nn
