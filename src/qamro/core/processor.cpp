#include "qamro/core/processor.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <optional>

#include "qamro/core/error.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace qamro {
namespace {

constexpr const char* kVariable = "QAMRO_CPU";
constexpr std::string_view kPlain = "plain:";

// The settings that keep each library from going beyond a tier. ATen and MKL have no finer steps.
struct LibraryLimits {
  const char *aten, *onednn, *mkl;
};

LibraryLimits limits_of(Tier tier) {
  switch (tier) {
    case Tier::portable:
      return {"default", "SSE41", "SSE4_2"};
    case Tier::avx2:
      return {"avx2", "AVX2", "AVX2"};
    case Tier::avx512:
      return {"avx512", "AVX512_CORE", "AVX512"};
    case Tier::avx512_vnni:
      return {"avx512", "AVX512_CORE_VNNI", "AVX512_E1"};
    case Tier::avx512_bf16:
      return {"avx512", "AVX512_CORE_BF16", "AVX512_E1"};
    case Tier::amx_bf16:
    case Tier::amx_int8:
      break;
  }
  return {"avx512", "AVX512_CORE_AMX", "AVX512_E1"};
}

#if defined(__x86_64__)

// Whether the system saves a task's AVX, AVX-512 or AMX registers (XCR0, Intel's manual 13.3).
bool system_keeps(std::uint64_t mask) {
  std::uint32_t low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return ((static_cast<std::uint64_t>(high) << 32 | low) & mask) == mask;
}

// The feature bits of CPUID's leaves 1 and 7.
struct Features {
  std::uint32_t ecx1 = 0, ebx7 = 0, ecx7 = 0, edx7 = 0, eax7_1 = 0;
};

Features read_features() {
  Features features;
  std::uint32_t a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) != 0) features.ecx1 = c;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0) {
    features.ebx7 = b;
    features.ecx7 = c;
    features.edx7 = d;
  }
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d) != 0) features.eax7_1 = a;
  return features;
}

constexpr bool has(std::uint32_t bits, std::initializer_list<int> places) {
  for (const int place : places)
    if ((bits >> place & 1U) == 0) return false;
  return true;
}

Tier find_highest_tier() {
  constexpr std::uint64_t kAvx = 0x6, kAvx512 = 0xE6, kAmx = 0x60000;
  const Features found = read_features();
  const bool has_xgetbv = has(found.ecx1, {27});
  if (!has_xgetbv || !system_keeps(kAvx) || !has(found.ecx1, {12, 28}) || !has(found.ebx7, {5}))
    return Tier::portable;                                                              // FMA, AVX; AVX2
  if (!system_keeps(kAvx512) || !has(found.ebx7, {16, 17, 30, 31})) return Tier::avx2;  // F, DQ, BW, VL
  if (!has(found.ecx7, {11})) return Tier::avx512;                                      // VNNI
  if (!has(found.eax7_1, {5})) return Tier::avx512_vnni;                                // BF16
  if (!system_keeps(kAmx) || !has(found.edx7, {22, 24})) return Tier::avx512_bf16;      // AMX-BF16, tiles
  return has(found.edx7, {25}) ? Tier::amx_int8 : Tier::amx_bf16;
}

#else

Tier find_highest_tier() {
  return Tier::portable;
}

#endif

Processor chosen_processor() {
  const char* text = std::getenv(kVariable);
  if (text == nullptr || *text == '\0') return {highest_tier(), false};
  return parse_processor(text, highest_tier());
}

}  // namespace

Tier highest_tier() {
  static const Tier highest = find_highest_tier();
  return highest;
}

std::string to_string(const Processor& processor) {
  return (processor.is_plain ? std::string(kPlain) : "") + std::string(name_of(processor.tier));
}

Processor parse_processor(std::string_view text, Tier highest) {
  const bool is_plain = text.starts_with(kPlain);
  const auto tier = value_named<Tier>(is_plain ? text.substr(kPlain.size()) : text);
  if (!tier)
    throw InvalidInput(fmt::format("{}: expected one of {}, or one of them after '{}', got '{}'", kVariable,
                                   list_of_names<Tier>(), kPlain, text));
  if (!is_plain && *tier > highest)
    throw InvalidInput(fmt::format(
        "{}: expected at most {}, the highest tier of this processor, got '{}' ({}{} computes in its types without its instructions)",
        kVariable, name_of(highest), text, kPlain, text));
  return {*tier, is_plain};
}

const Processor& processor() {
  static const Processor chosen = chosen_processor();
  return chosen;
}

void limit_libraries() {
  const char* text = std::getenv(kVariable);
  if (text == nullptr || *text == '\0' || processor().is_plain) return;
  const LibraryLimits limits = limits_of(processor().tier);
  constexpr int kKeep = 0;  // do not overwrite a variable that is set
  setenv("ATEN_CPU_CAPABILITY", limits.aten, kKeep);
  setenv("ONEDNN_MAX_CPU_ISA", limits.onednn, kKeep);
  setenv("MKL_ENABLE_INSTRUCTIONS", limits.mkl, kKeep);
}

}  // namespace qamro
