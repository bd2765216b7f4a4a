#include <cstdint>
#include <cstring>

#include "qamro/nn/row_kernels_of.h"

namespace qamro::nn::lanes {

inline constexpr int kLanes = 16;

// The bits of the nearest bfloat16, halves to even. NaN stays NaN.
inline std::uint16_t to_bfloat16(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U) return 0x7FC0;
  return static_cast<std::uint16_t>((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16);
}

inline float to_float(std::uint16_t bfloat16) {
  const std::uint32_t bits = static_cast<std::uint32_t>(bfloat16) << 16;
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// Sixteen numbers side by side in plain C++, with the same bits that Avx2Lanes and Avx512Lanes compute
// with the processor's vectors. Every operation rounds once, as IEEE 754 specifies. max(a, b) and min(a, b)
// return b if either is NaN, as the processor's instructions do.
struct PortableLanes {
  float v[kLanes];

  static PortableLanes broadcast(float value) {
    PortableLanes r;
    for (float& lane : r.v) lane = value;
    return r;
  }
  static PortableLanes load(const float* from) {
    PortableLanes r;
    std::memcpy(r.v, from, sizeof r.v);
    return r;
  }
  static PortableLanes load(const std::uint16_t* from) {
    PortableLanes r;
    for (int i = 0; i < kLanes; ++i) r.v[i] = to_float(from[i]);
    return r;
  }
  static PortableLanes load(const std::int32_t* from) {
    PortableLanes r;
    for (int i = 0; i < kLanes; ++i) r.v[i] = static_cast<float>(from[i]);
    return r;
  }
  void store(float* to) const { std::memcpy(to, v, sizeof v); }
  void store(std::uint16_t* to) const {
    for (int i = 0; i < kLanes; ++i) to[i] = to_bfloat16(v[i]);
  }
  // Truncates numbers in [0, 255] to integers. NaN becomes an arbitrary value.
  void store(std::uint8_t* to) const {
    for (int i = 0; i < kLanes; ++i) to[i] = static_cast<std::uint8_t>(v[i] >= 0 && v[i] <= 255 ? v[i] : 0);
  }
  // 2^k for integers k in [-126, 127].
  PortableLanes power_of_two() const {
    PortableLanes r;
    for (int i = 0; i < kLanes; ++i) {
      const std::uint32_t bits =
          static_cast<std::uint32_t>((v[i] >= -126 && v[i] <= 127 ? static_cast<int>(v[i]) : 0) + 127) << 23;
      std::memcpy(&r.v[i], &bits, sizeof bits);
    }
    return r;
  }
  template <typename Operation>
  static PortableLanes each(const Operation& operation) {
    PortableLanes r;
    for (int i = 0; i < kLanes; ++i) r.v[i] = operation(i);
    return r;
  }
  friend PortableLanes operator+(const PortableLanes& a, const PortableLanes& b) {
    return each([&](int i) { return a.v[i] + b.v[i]; });
  }
  friend PortableLanes operator-(const PortableLanes& a, const PortableLanes& b) {
    return each([&](int i) { return a.v[i] - b.v[i]; });
  }
  friend PortableLanes operator*(const PortableLanes& a, const PortableLanes& b) {
    return each([&](int i) { return a.v[i] * b.v[i]; });
  }
  static PortableLanes fma(const PortableLanes& a, const PortableLanes& b, const PortableLanes& c) {
    return each([&](int i) { return __builtin_fmaf(a.v[i], b.v[i], c.v[i]); });
  }
  static PortableLanes max(const PortableLanes& a, const PortableLanes& b) {
    return each([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
  }
  static PortableLanes min(const PortableLanes& a, const PortableLanes& b) {
    return each([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
  }
  // a > b ? yes : no
  static PortableLanes select_greater(const PortableLanes& a, const PortableLanes& b,
                                      const PortableLanes& yes, const PortableLanes& no) {
    return each([&](int i) { return a.v[i] > b.v[i] ? yes.v[i] : no.v[i]; });
  }
};

}  // namespace qamro::nn::lanes

namespace qamro::nn {

const RowKernels* portable_row_kernels() {
  return &kRowKernelsOf<lanes::PortableLanes>;
}

}  // namespace qamro::nn
