// Compiled for AVX2 and FMA (CMakeLists.txt). No header included here may define functions that other
// files share.
#ifdef __AVX2__
#include <immintrin.h>

#include <cstdint>

#include "qamro/nn/row_kernels_of.h"

namespace qamro::nn::lanes {

// PortableLanes with AVX2 and FMA. Only for files compiled for them.
struct Avx2Lanes {
  __m256 low, high;

  static Avx2Lanes broadcast(float value) { return {_mm256_set1_ps(value), _mm256_set1_ps(value)}; }
  static Avx2Lanes load(const float* from) { return {_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8)}; }
  static Avx2Lanes load(const std::uint16_t* from) { return {widen(from), widen(from + 8)}; }
  static Avx2Lanes load(const std::int32_t* from) {
    const auto* pair = reinterpret_cast<const __m256i*>(from);
    return {_mm256_cvtepi32_ps(_mm256_loadu_si256(pair)), _mm256_cvtepi32_ps(_mm256_loadu_si256(pair + 1))};
  }
  void store(float* to) const {
    _mm256_storeu_ps(to, low);
    _mm256_storeu_ps(to + 8, high);
  }
  void store(std::uint16_t* to) const {
    const __m256i packed = _mm256_packus_epi32(round(low), round(high));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_permute4x64_epi64(packed, 0b11011000));
  }
  void store(std::uint8_t* to) const {
    const __m256i words = _mm256_permute4x64_epi64(
        _mm256_packus_epi32(_mm256_cvttps_epi32(low), _mm256_cvttps_epi32(high)), 0b11011000);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                     _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
  }
  Avx2Lanes power_of_two() const { return {power(low), power(high)}; }
  friend Avx2Lanes operator+(const Avx2Lanes& a, const Avx2Lanes& b) {
    return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
  }
  friend Avx2Lanes operator-(const Avx2Lanes& a, const Avx2Lanes& b) {
    return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
  }
  friend Avx2Lanes operator*(const Avx2Lanes& a, const Avx2Lanes& b) {
    return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
  }
  static Avx2Lanes fma(const Avx2Lanes& a, const Avx2Lanes& b, const Avx2Lanes& c) {
    return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
  }
  static Avx2Lanes max(const Avx2Lanes& a, const Avx2Lanes& b) {
    return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
  }
  static Avx2Lanes min(const Avx2Lanes& a, const Avx2Lanes& b) {
    return {_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)};
  }
  static Avx2Lanes select_greater(const Avx2Lanes& a, const Avx2Lanes& b, const Avx2Lanes& yes,
                                  const Avx2Lanes& no) {
    return {_mm256_blendv_ps(no.low, yes.low, _mm256_cmp_ps(a.low, b.low, _CMP_GT_OQ)),
            _mm256_blendv_ps(no.high, yes.high, _mm256_cmp_ps(a.high, b.high, _CMP_GT_OQ))};
  }

 private:
  static __m256 widen(const std::uint16_t* from) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  // As to_bfloat16 of row_kernels_portable.cpp, in the lower half of each 32 bits.
  static __m256i round(__m256 values) {
    const __m256i bits = _mm256_castps_si256(values);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i sum = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7FFF)), odd);
    const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(values, values, _CMP_UNORD_Q));
    return _mm256_blendv_epi8(_mm256_srli_epi32(sum, 16), _mm256_set1_epi32(0x7FC0), nan);
  }
  static __m256 power(__m256 exponents) {
    return _mm256_castsi256_ps(
        _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvttps_epi32(exponents), _mm256_set1_epi32(127)), 23));
  }
};

}  // namespace qamro::nn::lanes

namespace qamro::nn {

const RowKernels* avx2_row_kernels() {
  return &kRowKernelsOf<lanes::Avx2Lanes>;
}

}  // namespace qamro::nn
#else
#include "qamro/nn/row_kernels.h"

namespace qamro::nn {

const RowKernels* avx2_row_kernels() {
  return nullptr;
}

}  // namespace qamro::nn
#endif
