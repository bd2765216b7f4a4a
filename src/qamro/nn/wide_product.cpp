#include "qamro/nn/wide_product.h"

#include <ATen/ATen.h>

#include <vector>

namespace qamro::nn {
namespace {

IntegerWeight pack(const at::Tensor& weight) {
  const at::Tensor plain = weight.detach().contiguous();
  return {plain.const_data_ptr<float>(), plain.size(0), plain.size(1), kWide};
}

}  // namespace

WideProduct::WideProduct(const RowWeight& weight)
    : columns_(weight.weight.size(1)), steps_(weight.steps), weight_(pack(weight.weight)) {}

IntegerRows WideProduct::round(const RowView& rows) const {
  const auto* values = static_cast<const float*>(rows.data);
  if (steps_ == 1) return to_integers(values, rows.rows, columns_, rows.stride, kWide);
  const std::int64_t channels = columns_ / steps_, stride = rows.stride / channels;
  return to_overlapping_integers(values, (rows.rows - 1) * stride + steps_, channels, steps_, stride, kWide);
}

void WideProduct::multiply(const RowView& rows, const RowFinish& to) const {
  if (rows.rows == 0) return;
  static thread_local std::vector<float> sums;
  sums.resize(static_cast<std::size_t>(rows.rows * weight_.outputs()));
  weight_.multiply(round(rows), nullptr, sums.data());
  row_kernels().finish(sums.data(), weight_.outputs(), rows.rows, weight_.outputs(), to);
}

}  // namespace qamro::nn
