#include "qamro/training/validation.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <limits>
#include <string>

#include "qamro/metrics/correlation.h"
#include "qamro/metrics/system_means.h"

namespace qamro::training {

bool EarlyStopping::update(std::int64_t epoch, std::optional<double> value) {
  if (!value || std::isnan(*value)) return false;
  const bool is_better =
      !best_value_ || (direction_ == Direction::kLower ? *value < *best_value_ : *value > *best_value_);
  if (is_better) restore(epoch, value);
  return is_better;
}

bool EarlyStopping::should_stop(std::int64_t epoch) const {
  return patience_ > 0 && epoch - best_epoch_ >= patience_;
}

void EarlyStopping::restore(std::int64_t best_epoch, std::optional<double> best_value) {
  best_epoch_ = best_epoch;
  best_value_ = best_value;
}

namespace {

// The labelled clips of one axis.
struct AxisScores {
  std::vector<double> pred, labels;
  std::vector<std::string> systems;
};

AxisScores labelled(const at::Tensor& pred, const at::Tensor& labels, const Examples& examples) {
  AxisScores scores;
  const auto label = labels.accessor<double, 1>(), score = pred.accessor<double, 1>();
  for (std::int64_t i = 0; i < labels.size(0); ++i) {
    if (!std::isfinite(label[i])) continue;
    scores.labels.push_back(label[i]);
    scores.pred.push_back(score[i]);
    if (!examples.systems.empty())
      scores.systems.push_back(std::to_string(examples.systems[static_cast<std::size_t>(i)]));
  }
  return scores;
}

// The mean over axes; empty if any axis has no value.
void add_to_mean(std::optional<double>& mean, std::optional<double> value, std::size_t axes) {
  if (mean && value)
    *mean += *value / static_cast<double>(axes);
  else
    mean.reset();
}

void add_metrics(MetricMeans& means, const std::vector<double>& pred, const std::vector<double>& labels,
                 std::size_t axes) {
  add_to_mean(means.mse, metrics::mse(pred, labels).value, axes);
  add_to_mean(means.lcc, metrics::lcc(pred, labels).value, axes);
  add_to_mean(means.srcc, metrics::srcc(pred, labels).value, axes);
  add_to_mean(means.ktau, metrics::ktau(pred, labels).value, axes);
}

}  // namespace

ValidationMetrics validate(const at::Tensor& pred, const Examples& examples,
                           const std::vector<heads::TargetTransform>& transforms,
                           const Objective& objective) {
  const at::NoGradGuard no_grad;
  ValidationMetrics metrics{std::numeric_limits<double>::quiet_NaN(), {}, std::nullopt};
  if (!at::isfinite(pred).all().item<bool>()) return metrics;
  metrics.loss = objective(pred, examples.labels, elements_of(examples)).total.item<double>();
  metrics.utterance = {0.0, 0.0, 0.0, 0.0};
  if (!examples.systems.empty()) metrics.system = metrics.utterance;
  for (std::size_t axis = 0; axis < transforms.size(); ++axis) {
    const auto column = static_cast<std::int64_t>(axis);
    const AxisScores scores = labelled(transforms[axis].to_label(pred.select(1, column).to(at::kDouble)),
                                       examples.labels.select(1, column).to(at::kDouble), examples);
    add_metrics(metrics.utterance, scores.pred, scores.labels, transforms.size());
    if (metrics.system)
      add_metrics(*metrics.system, metrics::system_means(scores.systems, scores.pred).means,
                  metrics::system_means(scores.systems, scores.labels).means, transforms.size());
  }
  return metrics;
}

std::optional<double> monitored_value(const ValidationMetrics& metrics, Monitor monitor) {
  const MetricMeans system = metrics.system.value_or(MetricMeans{});
  switch (monitor) {
    case Monitor::kLoss:
      return metrics.loss;
    case Monitor::kMse:
      return metrics.utterance.mse;
    case Monitor::kLcc:
      return metrics.utterance.lcc;
    case Monitor::kSrcc:
      return metrics.utterance.srcc;
    case Monitor::kKtau:
      return metrics.utterance.ktau;
    case Monitor::kSystemMse:
      return system.mse;
    case Monitor::kSystemLcc:
      return system.lcc;
    case Monitor::kSystemSrcc:
      return system.srcc;
    case Monitor::kSystemKtau:
      return system.ktau;
  }
  return std::nullopt;
}

bool is_of_systems(Monitor monitor) {
  return monitor >= Monitor::kSystemMse;
}

bool higher_is_better(Monitor monitor) {
  return monitor != Monitor::kLoss && monitor != Monitor::kMse && monitor != Monitor::kSystemMse;
}

}  // namespace qamro::training
