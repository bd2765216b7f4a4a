#include "qamro/nn/row_product.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "qamro/nn/few_rows_linear.h"
#include "qamro/nn/parallel.h"

namespace qamro::nn {
namespace {

constexpr std::int64_t kPlainRows = 32;

at::Tensor activated(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return at::relu(x);
    case Activation::leaky_relu:
      return at::leaky_relu(x, 0.1);
    case Activation::gelu:
      return at::gelu(x);
    case Activation::none:
      break;
  }
  return x;
}

void finish(const at::Tensor& sums, const RowFinish& to) {
  const std::int64_t rows = sums.size(0), columns = sums.size(1);
  at::Tensor value = sums.to(at::kFloat);
  if (to.bias != nullptr) value = value + tensor_over(to.bias, {columns}, {1}, at::kFloat);
  value = activated(value, to.activation);
  if (to.residual != nullptr)
    value = value + tensor_over(to.residual, {rows, columns}, {to.residual_stride, 1}, at::kFloat);
  const bool is_exact = to.target.exact != nullptr;
  const void* data = is_exact ? static_cast<const void*>(to.target.exact) : to.target.rounded;
  tensor_over(data, {rows, columns}, {to.target.stride, 1}, is_exact ? at::kFloat : at::kBFloat16)
      .copy_(value);
}

}  // namespace

at::Tensor tensor_over(const void* data, at::IntArrayRef sizes, at::IntArrayRef strides,
                       at::ScalarType type) {
  return at::from_blob(const_cast<void*>(data), sizes, strides, type);
}

PlainProduct::PlainProduct(const RowWeight& from, ProductKind kind, at::ScalarType type)
    : kind_(kind), type_(type), rows_(from.rows), weight_(from.weight.detach().to(type).clone()) {
  if (kind == ProductKind::bf16) weight_ = weight_.to(at::kBFloat16).to(type);
  if (kind != ProductKind::int8) return;
  constexpr float kLargest = 127;
  const at::Tensor plain = from.weight.detach();
  const at::Tensor scales = plain.abs().amax(1).clamp_min(1e-30) / kLargest;
  weight_ = (plain * (1 / scales.unsqueeze(1))).round().to(type);
  scales_ = scales.to(type);
}

at::Tensor PlainProduct::sums(const at::Tensor& rows) const {
  // A library's bits may depend on a row's place among the others; few_rows_linear's do not.
  if (type_ == at::kFloat) return few_rows_linear(rows.to(type_), weight_, at::zeros({weight_.size(0)}));
  if (kind_ != ProductKind::int8) return at::mm(rows.to(type_), weight_.t());
  // Each row is rounded to 256 levels between its smallest and its largest number, in float32 like the
  // kernels, so that both round alike.
  const at::Tensor exact = rows.to(at::kFloat);
  const at::Tensor lowest = exact.amin(1, /*keepdim=*/true), size = (exact.amax(1, true) - lowest) / 255;
  const at::Tensor inverse = at::where(size > 0, 1 / size, at::zeros_like(size));
  const at::Tensor places = ((exact - lowest) * inverse + 0.5).clamp_max(255).floor();
  const at::Tensor values = lowest.to(type_) + size.to(type_) * places.to(type_);
  return at::mm(values, weight_.t()) * scales_;
}

// Always the same number of rows at a time, since a library's bits may also depend on that number.
void PlainProduct::multiply(const RowView& view, const RowFinish& to) const {
  const SerialRegion serial;
  const std::int64_t size = rows_ == at::kFloat ? 4 : 2;
  for (std::int64_t row = 0; row < view.rows; row += kPlainRows) {
    const std::int64_t count = std::min(kPlainRows, view.rows - row);
    const auto* data = static_cast<const char*>(view.data) + row * view.stride * size;
    const at::Tensor rows = tensor_over(data, {count, weight_.size(1)}, {view.stride, 1}, rows_);
    finish(sums(at::constant_pad_nd(rows, {0, 0, 0, kPlainRows - count})).narrow(0, 0, count),
           to.shifted(row, 0));
  }
}

}  // namespace qamro::nn
