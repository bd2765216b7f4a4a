// Compiled for AVX-512 (CMakeLists.txt). No header here may define functions that other files share.
#ifdef __AVX512F__
#include "qamro/nn/lanes_avx512.h"
#include "qamro/nn/row_kernels_of.h"

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
