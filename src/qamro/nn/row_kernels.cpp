#include "qamro/nn/row_kernels.h"

#include "qamro/core/processor.h"

namespace qamro::nn {
namespace {

const RowKernels& fastest() {
  const Tier tier = processor().tier;
  if (tier >= Tier::avx512 && avx512_row_kernels() != nullptr) return *avx512_row_kernels();
  if (tier >= Tier::avx2 && avx2_row_kernels() != nullptr) return *avx2_row_kernels();
  return *portable_row_kernels();
}

}  // namespace

RowFinish RowFinish::shifted(std::int64_t row, std::int64_t column) const {
  RowFinish moved = *this;
  const std::int64_t place = row * target.stride + column;
  if (bias != nullptr) moved.bias += column;
  if (residual != nullptr) moved.residual += row * residual_stride + column;
  if (target.exact != nullptr) moved.target.exact += place;
  if (target.rounded != nullptr) moved.target.rounded += place;
  return moved;
}

const RowKernels& row_kernels(bool is_plain) {
  static const RowKernels& chosen = processor().is_plain ? *portable_row_kernels() : fastest();
  return is_plain ? *portable_row_kernels() : chosen;
}

}  // namespace qamro::nn
