#include "qamro/nn/lanes_portable.h"
#include "qamro/nn/row_kernels_of.h"

namespace qamro::nn {

const RowKernels* portable_row_kernels() {
  return &kRowKernelsOf<lanes::PortableLanes>;
}

}  // namespace qamro::nn
