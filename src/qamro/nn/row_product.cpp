#include "qamro/nn/row_product.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "qamro/core/error.h"
#include "qamro/nn/integer_product.h"

namespace qamro::nn {
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
