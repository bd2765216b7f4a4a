#include "qamro/training/validation.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <limits>
#include <span>

#include "qamro/metrics/correlation.h"

namespace qamro::training {
namespace {

using Series = std::span<const double>;

Series series(const at::Tensor& contiguous) {
  return {contiguous.const_data_ptr<double>(), static_cast<std::size_t>(contiguous.numel())};
}

// The mean over axes; none when any axis has none.
void add_to_mean(std::optional<double>& mean, std::optional<double> value, std::size_t axes) {
  if (mean && value)
    *mean += *value / static_cast<double>(axes);
  else
    mean.reset();
}

void add_axis(ValidationMetrics& metrics, const at::Tensor& pred, const at::Tensor& labels,
              std::size_t axes) {
  const at::Tensor known = at::isfinite(labels);
  const at::Tensor kept_pred = pred.masked_select(known).contiguous();
  const at::Tensor kept_labels = labels.masked_select(known).contiguous();
  const Series p = series(kept_pred);
  const Series y = series(kept_labels);
  add_to_mean(metrics.mse, metrics::mse(p, y).value, axes);
  add_to_mean(metrics.lcc, metrics::lcc(p, y).value, axes);
  add_to_mean(metrics.srcc, metrics::srcc(p, y).value, axes);
  add_to_mean(metrics.ktau, metrics::ktau(p, y).value, axes);
}

}  // namespace

ValidationMetrics validate(predictors::Heads& heads, const Examples& examples,
                           const std::vector<predictors::TargetTransform>& transforms,
                           const Objective& objective) {
  const at::NoGradGuard no_grad;
  const at::Tensor pred = heads.forward(examples.inputs);
  if (!at::isfinite(pred).all().item<bool>())
    return {std::numeric_limits<double>::quiet_NaN(), std::nullopt, std::nullopt, std::nullopt, std::nullopt};
  ValidationMetrics metrics{objective(pred, examples.labels).total.item<double>(), 0.0, 0.0, 0.0, 0.0};
  for (std::size_t axis = 0; axis < transforms.size(); ++axis) {
    const auto column = static_cast<std::int64_t>(axis);
    add_axis(metrics, transforms[axis].to_label(pred.select(1, column).to(at::kDouble)),
             examples.labels.select(1, column).to(at::kDouble), transforms.size());
  }
  return metrics;
}

std::optional<double> monitored_value(const ValidationMetrics& metrics, Monitor monitor) {
  switch (monitor) {
    case Monitor::kLoss:
      return metrics.loss;
    case Monitor::kMse:
      return metrics.mse;
    case Monitor::kLcc:
      return metrics.lcc;
    case Monitor::kSrcc:
      return metrics.srcc;
    case Monitor::kKtau:
      return metrics.ktau;
  }
  return std::nullopt;
}

bool higher_is_better(Monitor monitor) {
  return monitor == Monitor::kLcc || monitor == Monitor::kSrcc || monitor == Monitor::kKtau;
}

}  // namespace qamro::training
