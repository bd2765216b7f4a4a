// Compiled for AVX2 and FMA (CMakeLists.txt). No header included here may define functions that other
// files share.
#ifdef __AVX2__
#include "qamro/nn/lanes_avx2.h"
#include "qamro/nn/row_kernels_of.h"

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
