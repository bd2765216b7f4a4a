#include "qamro/nn/row_product.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/nn/few_rows_linear.h"
#include "qamro/nn/integer_product.h"
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

namespace {

IntegerWeight pack(const at::Tensor& weight) {
  const at::Tensor plain = weight.detach().contiguous();
  return {plain.const_data_ptr<float>(), plain.size(0), plain.size(1), kWide};
}

// Products via 16-bit integers (integer_product.h). The rows of a convolution share one scale, so each result
// depends on all rows of the view.
class WideProduct final : public RowProduct {
 public:
  // Rows are float32. If there are several steps, each has an even number of columns.
  explicit WideProduct(const RowWeight& weight);
  void multiply(const RowView& rows, const RowFinish& to) const override;

 private:
  IntegerRows round(const RowView& rows) const;

  std::int64_t columns_, steps_;
  IntegerWeight weight_;
};

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

void check(const RowWeight& weight) {
  const at::Tensor& w = weight.weight;
  if (w.dim() != 2 || w.scalar_type() != at::kFloat || weight.steps < 1 || w.size(1) % weight.steps != 0)
    throw InvalidInput(
        fmt::format("row product: expected float32 weights [outputs, {} x columns], got {} [{}]",
                    weight.steps, c10::toString(w.scalar_type()), fmt::join(w.sizes(), ", ")));
}

}  // namespace

std::unique_ptr<const RowProduct> make_row_product(const RowWeight& weight, ProductKind kind,
                                                   const Processor& processor) {
  check(weight);
  // A pair of integers must not span two steps.
  const bool has_pairs = weight.steps == 1 || weight.weight.size(1) / weight.steps % 2 == 0;
  if (kind == ProductKind::wide && has_pairs) return std::make_unique<WideProduct>(weight);
  if (processor.is_plain) return std::make_unique<PlainProduct>(weight, kind, at::kDouble);
  if (processor.tier == Tier::portable) return std::make_unique<PlainProduct>(weight, kind, at::kFloat);
  switch (kind) {
    case ProductKind::int8:
      return std::make_unique<IntegerPanels>(weight);
    case ProductKind::bf16:
      return std::make_unique<FloatPanels>(weight.weight, /*is_bfloat16=*/true);
    case ProductKind::wide:
    case ProductKind::fp32:
      break;
  }
  return std::make_unique<FloatPanels>(weight.weight, /*is_bfloat16=*/false);
}

}  // namespace qamro::nn
