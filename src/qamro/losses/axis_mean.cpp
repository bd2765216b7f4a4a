#include "qamro/losses/axis_mean.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "qamro/core/error.h"
#include "qamro/losses/tensor_checks.h"

namespace qamro::losses {
namespace {

// [n] or [n, axes] as [n, axes] float64.
at::Tensor as_columns(const at::Tensor& tensor) {
  const int64_t axes = tensor.dim() == 1 ? 1 : tensor.size(1);
  return tensor.to(at::kDouble).reshape({tensor.size(0), axes});
}

bool has_two_levels(const at::Tensor& target) {
  return target.numel() > 1 && target.min().item<double>() < target.max().item<double>();
}

}  // namespace

at::Tensor mean_over_axes(const char* loss, const at::Tensor& pred, const at::Tensor& target,
                          const AxisTerm& term) {
  check_pred_and_target(loss, pred, target);
  const at::Tensor predictions = as_columns(pred);
  const at::Tensor targets = as_columns(target.detach());
  at::Tensor sum = predictions.mul(0).sum();  // connected, whatever follows
  int64_t axes = 0;
  for (int64_t axis = 0; axis < targets.size(1); ++axis) {
    const at::Tensor column = targets.select(1, axis);
    const at::Tensor rows = column.isnan().logical_not_().nonzero().squeeze(1);
    const at::Tensor labels = column.index_select(0, rows);
    if (!has_two_levels(labels)) continue;
    sum = sum + term(predictions.select(1, axis).index_select(0, rows), labels);
    ++axes;
  }
  at::Tensor mean = (axes > 1 ? sum / static_cast<double>(axes) : sum).to(pred.scalar_type());
  const auto value = mean.item<double>();
  if (!std::isfinite(value))
    throw InvalidInput(
        fmt::format("{}: pred, target: expected values whose loss is finite, got loss {}", loss, value));
  return mean;
}

}  // namespace qamro::losses
