// Compiled for AVX-512 (CMakeLists.txt). No header included here may define functions that other files share.
#ifdef __AVX512F__
#include <immintrin.h>

#include <cstdint>

#include "qamro/nn/row_kernels_of.h"

namespace qamro::nn::lanes {

// PortableLanes with AVX-512. Only for files compiled for it.
struct Avx512Lanes {
  __m512 v;

  static Avx512Lanes broadcast(float value) { return {_mm512_set1_ps(value)}; }
  static Avx512Lanes load(const float* from) { return {_mm512_loadu_ps(from)}; }
  static Avx512Lanes load(const std::uint16_t* from) {
    const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16))};
  }
  static Avx512Lanes load(const std::int32_t* from) { return {_mm512_cvtepi32_ps(_mm512_loadu_si512(from))}; }
  void store(float* to) const { _mm512_storeu_ps(to, v); }
  // As to_bfloat16 of row_kernels_portable.cpp.
  void store(std::uint16_t* to) const {
    const __m512i bits = _mm512_castps_si512(v);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i sum = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), odd);
    const __mmask16 nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
    const __m512i rounded =
        _mm512_mask_blend_epi32(nan, _mm512_srli_epi32(sum, 16), _mm512_set1_epi32(0x7FC0));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtepi32_epi16(rounded));
  }
  void store(std::uint8_t* to) const {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(_mm512_cvttps_epi32(v)));
  }
  Avx512Lanes power_of_two() const {
    const __m512i exponents = _mm512_add_epi32(_mm512_cvttps_epi32(v), _mm512_set1_epi32(127));
    return {_mm512_castsi512_ps(_mm512_slli_epi32(exponents, 23))};
  }
  friend Avx512Lanes operator+(const Avx512Lanes& a, const Avx512Lanes& b) {
    return {_mm512_add_ps(a.v, b.v)};
  }
  friend Avx512Lanes operator-(const Avx512Lanes& a, const Avx512Lanes& b) {
    return {_mm512_sub_ps(a.v, b.v)};
  }
  friend Avx512Lanes operator*(const Avx512Lanes& a, const Avx512Lanes& b) {
    return {_mm512_mul_ps(a.v, b.v)};
  }
  static Avx512Lanes fma(const Avx512Lanes& a, const Avx512Lanes& b, const Avx512Lanes& c) {
    return {_mm512_fmadd_ps(a.v, b.v, c.v)};
  }
  static Avx512Lanes max(const Avx512Lanes& a, const Avx512Lanes& b) { return {_mm512_max_ps(a.v, b.v)}; }
  static Avx512Lanes min(const Avx512Lanes& a, const Avx512Lanes& b) { return {_mm512_min_ps(a.v, b.v)}; }
  static Avx512Lanes select_greater(const Avx512Lanes& a, const Avx512Lanes& b, const Avx512Lanes& yes,
                                    const Avx512Lanes& no) {
    return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ), no.v, yes.v)};
  }
};

}  // namespace qamro::nn::lanes

namespace qamro::nn {

const RowKernels* avx512_row_kernels() {
  return &kRowKernelsOf<lanes::Avx512Lanes>;
}

}  // namespace qamro::nn
#else
#include "qamro/nn/row_kernels.h"

namespace qamro::nn {

const RowKernels* avx512_row_kernels() {
  return nullptr;
}

}  // namespace qamro::nn
#endif
