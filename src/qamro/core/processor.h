#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace qamro {

// What a processor's instructions can multiply, from the least to the most; each tier has those before it,
// too.
//   portable     whatever the compiler makes of plain C++
//   avx2         AVX2 and FMA: float32, and pairs of 16-bit integers
//   avx512       AVX-512 (F, BW, DQ, VL)
//   avx512-vnni  dot products of 8-bit integers
//   avx512-bf16  dot products of bfloat16
//   amx-bf16     tiles of bfloat16
//   amx-int8     tiles of 8-bit integers
enum class Tier { portable, avx2, avx512, avx512_vnni, avx512_bf16, amx_bf16, amx_int8 };

std::span<const Tier> all_tiers();
std::string_view name_of(Tier tier);
std::optional<Tier> tier_named(std::string_view name);

// The highest that this processor has.
Tier highest_tier();

// What qamro computes with.
struct Processor {
  Tier tier = Tier::portable;
  // In the tier's types, but with torch's plain operators in place of its instructions: slow, and possible on
  // every processor. The reference that the fast kernels are tested against.
  bool is_plain = false;

  bool operator==(const Processor&) const = default;
};
std::string to_string(const Processor& processor);  // "avx2", "plain:avx2"

// "TIER", at most `highest`, or "plain:TIER", any. Throws InvalidInput that names the tiers there are.
Processor parse_processor(std::string_view text, Tier highest);

// By the environment variable QAMRO_CPU: a tier to stay below the processor's own, or plain:TIER. Without it
// the processor's own. Read once. Throws InvalidInput as parse_processor().
const Processor& processor();

// Makes ATen, oneDNN and MKL stay below QAMRO_CPU, too (by ATEN_CPU_CAPABILITY, ONEDNN_MAX_CPU_ISA and
// MKL_ENABLE_INSTRUCTIONS, unless they are set). They look once, when they first compute: call it first thing
// in main(). Does nothing without QAMRO_CPU.
void limit_libraries();

}  // namespace qamro
