#include "qamro/losses/ranking.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "qamro/core/error.h"
#include "qamro/losses/ranking_kernel.h"
#include "qamro/losses/tensor_checks.h"

namespace qamro::losses {
namespace {

// The labelled elements of one axis, in double.
struct Axis {
  std::vector<int64_t> rows;
  std::vector<double> prediction;
  std::vector<double> target;
};

Axis labelled(const at::TensorAccessor<double, 2>& pred, const at::TensorAccessor<double, 2>& target,
              int64_t axis) {
  Axis result;
  const auto n = static_cast<std::size_t>(pred.size(0));
  result.rows.reserve(n);
  result.prediction.reserve(n);
  result.target.reserve(n);
  for (int64_t row = 0; row < pred.size(0); ++row) {
    if (std::isnan(target[row][axis])) continue;
    result.rows.push_back(row);
    result.prediction.push_back(pred[row][axis]);
    result.target.push_back(target[row][axis]);
  }
  return result;
}

struct BatchLoss {
  at::Tensor losses;    // [axes] float64
  at::Tensor gradient;  // [n, axes] float64
  std::vector<int64_t> pairs;
};

// pred and target [n, axes] float64.
BatchLoss value_and_gradient(const at::Tensor& pred, const at::Tensor& target,
                             const RankingOptions& options) {
  const int64_t axes = pred.size(1);
  BatchLoss batch{at::zeros({axes}, pred.options()), at::zeros_like(pred, at::MemoryFormat::Contiguous), {}};
  const auto pred_values = pred.accessor<double, 2>();
  const auto target_values = target.accessor<double, 2>();
  auto losses = batch.losses.accessor<double, 1>();
  auto gradients = batch.gradient.accessor<double, 2>();
  for (int64_t axis = 0; axis < axes; ++axis) {
    const Axis labels = labelled(pred_values, target_values, axis);
    const auto weight = preference_weight(min_max_quality(labels.target), options.preference_factor);
    std::vector<double> gradient(labels.rows.size());
    const auto sum = pairwise_hinge(labels.prediction, labels.target, weight, options.margin,
                                    options.margin_scale, gradient);
    const bool mean = options.reduction == Reduction::kMean && sum.pairs > 0;
    const double divisor = mean ? static_cast<double>(sum.pairs) : 1.0;
    losses[axis] = sum.value / divisor;
    for (std::size_t i = 0; i < gradient.size(); ++i) gradients[labels.rows[i]][axis] = gradient[i] / divisor;
    batch.pairs.push_back(static_cast<int64_t>(sum.pairs));
  }
  return batch;
}

// The gradient is known as soon as the value is, so the forward pass computes both.
class RankingFunction : public torch::autograd::Function<RankingFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& pred,
                            const at::Tensor& target, const RankingOptions& options,
                            std::vector<int64_t>* pairs) {
    const int64_t axes = pred.dim() == 1 ? 1 : pred.size(1);
    BatchLoss batch =
        value_and_gradient(pred.detach().to(at::kDouble).reshape({pred.size(0), axes}),
                           target.detach().to(at::kDouble).reshape({pred.size(0), axes}), options);
    *pairs = std::move(batch.pairs);
    context->save_for_backward({batch.gradient.to(pred.scalar_type())});
    context->saved_data["shape"] = pred.sizes().vec();
    return batch.losses.to(pred.scalar_type());
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& outer) {
    const at::Tensor gradient = context->get_saved_variables()[0];
    const auto shape = context->saved_data["shape"].toIntVector();
    return {(gradient * outer[0]).reshape(shape), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

void check_finite(const char* option, double value) {
  if (!std::isfinite(value))
    throw InvalidInput(fmt::format("RankingOptions.{}: expected a finite number, got {}", option, value));
}

void check_not_negative(const char* option, double value) {
  check_finite(option, value);
  if (value < 0)
    throw InvalidInput(fmt::format("RankingOptions.{}: expected a number >= 0, got {}", option, value));
}

}  // namespace

RankingOptions RankingOptions::fixed_margin(double margin) {
  return {.margin = margin, .margin_scale = 0.0, .preference_factor = 1.0, .reduction = Reduction::kMean};
}

RankingOptions RankingOptions::adaptive_margin(double margin_scale) {
  return {
      .margin = 0.0, .margin_scale = margin_scale, .preference_factor = 1.0, .reduction = Reduction::kMean};
}

RankingOptions RankingOptions::qamro(double margin_scale, double preference_factor) {
  return {.margin = 0.0,
          .margin_scale = margin_scale,
          .preference_factor = preference_factor,
          .reduction = Reduction::kMean};
}

void RankingOptions::validate() const {
  check_finite("margin", margin);
  check_not_negative("margin_scale", margin_scale);
  check_not_negative("preference_factor", preference_factor);
}

AxisRankingLosses ranking_loss_per_axis(const at::Tensor& pred, const at::Tensor& target,
                                        const RankingOptions& options) {
  options.validate();
  check_pred_and_target("ranking_loss", pred, target);
  AxisRankingLosses result;
  result.losses = RankingFunction::apply(pred, target, options, &result.pairs);
  return result;
}

at::Tensor ranking_loss(const at::Tensor& pred, const at::Tensor& target, const RankingOptions& options) {
  const AxisRankingLosses axes = ranking_loss_per_axis(pred, target, options);
  if (options.reduction == Reduction::kSum) return axes.losses.sum();
  const auto with_pairs =
      std::count_if(axes.pairs.begin(), axes.pairs.end(), [](int64_t n) { return n > 0; });
  return axes.losses.sum() / static_cast<double>(std::max<std::ptrdiff_t>(with_pairs, 1));
}

}  // namespace qamro::losses
