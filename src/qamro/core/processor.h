#pragma once

#include <string>
#include <string_view>

#include "qamro/core/enum_names.h"

namespace qamro {

// What a processor's instructions can multiply, from the least to the most; each tier includes those
// before it.
//   portable     whatever the compiler makes of plain C++
//   avx2         AVX2 and FMA: float32, and pairs of 16-bit integers
//   avx512       AVX-512 (F, BW, DQ, VL)
//   avx512-vnni  dot products of 8-bit integers
//   avx512-bf16  dot products of bfloat16
//   amx-bf16     tiles of bfloat16
//   amx-int8     tiles of 8-bit integers
enum class Tier { portable, avx2, avx512, avx512_vnni, avx512_bf16, amx_bf16, amx_int8 };
constexpr auto enum_names(Tier) {
  return names_table<Tier>({{Tier::portable, "portable"},
                            {Tier::avx2, "avx2"},
                            {Tier::avx512, "avx512"},
                            {Tier::avx512_vnni, "avx512-vnni"},
                            {Tier::avx512_bf16, "avx512-bf16"},
                            {Tier::amx_bf16, "amx-bf16"},
                            {Tier::amx_int8, "amx-int8"}});
}

// This processor's highest tier.
Tier highest_tier();

// What qamro computes with.
struct Processor {
  Tier tier = Tier::portable;
  // Computes in the tier's types, but with torch's plain operators in place of its instructions: slow, and
  // possible on every processor. It is the reference that the fast kernels are tested against.
  bool is_plain = false;

  bool operator==(const Processor&) const = default;
};
std::string to_string(const Processor& processor);  // "avx2", "plain:avx2"

// Reads "TIER", which may be at most `highest`, or "plain:TIER" with any tier. Throws InvalidInput that names
// the tiers.
Processor parse_processor(std::string_view text, Tier highest);

// The choice of the environment variable QAMRO_CPU: a tier up to the processor's own, or plain:TIER. Without
// it, the processor's own tier. Read once. Throws InvalidInput like parse_processor().
const Processor& processor();

// Keeps ATen, oneDNN and MKL within the tier of QAMRO_CPU, too (by ATEN_CPU_CAPABILITY, ONEDNN_MAX_CPU_ISA
// and MKL_ENABLE_INSTRUCTIONS, unless they are set). They read these once, when they first compute, so call
// it first in main(). Does nothing without QAMRO_CPU or with plain:TIER.
void limit_libraries();

}  // namespace qamro
