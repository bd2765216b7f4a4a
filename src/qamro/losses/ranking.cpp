#include "qamro/losses/ranking.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "qamro/core/error.h"
#include "qamro/losses/ranking_axis.h"
#include "qamro/losses/ranking_on_gpu.h"
#include "qamro/losses/tensor_checks.h"

namespace qamro::losses {
namespace {

struct BatchLoss {
  at::Tensor losses;    // [axes] float64
  at::Tensor gradient;  // [n, axes] float64
  std::vector<int64_t> pairs;
};

std::vector<double> column(const at::Tensor& table, int64_t axis) {
  const at::Tensor values = table.select(1, axis).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

// [n] or [n, axes] -> [n, axes] float64, without a graph.
at::Tensor as_table(const at::Tensor& values, int64_t axes) {
  const at::Tensor precise = values.detach().to(at::kDouble);
  return precise.dim() == 1 ? precise.unsqueeze(1).expand({-1, axes}) : precise;
}

// pred and target [n] or [n, axes].
BatchLoss value_and_gradient(const at::Tensor& pred, const at::Tensor& target, const RankingOptions& options,
                             const RankingElements& elements) {
  const int64_t axes = pred.dim() == 1 ? 1 : pred.size(1);
  const at::Tensor predictions = as_table(pred, axes), targets = as_table(target, axes);
  const at::Tensor weights = elements.weight.defined() ? as_table(elements.weight, axes) : at::Tensor();
  RankingAxis batch;
  if (elements.group.defined()) {
    const at::Tensor group = elements.group.contiguous();
    batch.group.assign(group.const_data_ptr<int64_t>(), group.const_data_ptr<int64_t>() + group.numel());
  }
  BatchLoss result{at::zeros({axes}, at::kDouble), at::zeros({pred.size(0), axes}, at::kDouble), {}};
  for (int64_t axis = 0; axis < axes; ++axis) {
    batch.prediction = column(predictions, axis);
    batch.target = column(targets, axis);
    if (weights.defined()) batch.weight = column(weights, axis);
    const AxisRankingLoss loss = ranking_loss_of_axis(batch, options);
    result.losses[axis].fill_(loss.value);
    result.gradient.select(1, axis).copy_(at::tensor(loss.gradient, at::kDouble));
    result.pairs.push_back(static_cast<int64_t>(loss.pairs));
  }
  return result;
}

// The gradient is known as soon as the value is, so the forward pass computes both.
class RankingFunction : public torch::autograd::Function<RankingFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& pred,
                            const at::Tensor& target, const RankingOptions& options,
                            const RankingElements& elements, std::vector<int64_t>* pairs) {
    BatchLoss batch = value_and_gradient(pred, target, options, elements);
    *pairs = std::move(batch.pairs);
    context->save_for_backward({batch.gradient.to(pred.scalar_type())});
    context->saved_data["shape"] = pred.sizes().vec();
    return batch.losses.to(pred.scalar_type());
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& outer) {
    const at::Tensor gradient = context->get_saved_variables()[0];
    const auto shape = context->saved_data["shape"].toIntVector();
    return {(gradient * outer[0]).reshape(shape), at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

void check_weight_values(const at::Tensor& weight) {
  if (!at::isfinite(weight).all().item<bool>() || at::lt(weight, 0).any().item<bool>())
    throw InvalidInput("ranking_loss: weight: expected finite numbers >= 0, got others");
}

bool is_for_gpu(const at::Tensor& pred) {
  return gpu_ranking_is_built() && pred.defined() && pred.is_cuda();
}

}  // namespace

AxisRankingLosses ranking_loss_per_axis(const at::Tensor& pred, const at::Tensor& target,
                                        const RankingOptions& options, const RankingElements& elements) {
  if (is_for_gpu(pred)) return ranking_loss_per_axis_on_gpu(pred, target, options, elements);
  options.validate();
  check_pred_and_target("ranking_loss", pred, target);
  check_elements_form(elements, pred, options);
  if (elements.weight.defined()) check_weight_values(elements.weight);
  AxisRankingLosses result;
  result.losses = RankingFunction::apply(pred, target, options, elements, &result.pairs);
  return result;
}

at::Tensor ranking_loss(const at::Tensor& pred, const at::Tensor& target, const RankingOptions& options,
                        const RankingElements& elements) {
  if (is_for_gpu(pred)) return ranking_loss_on_gpu(pred, target, options, elements);
  const AxisRankingLosses axes = ranking_loss_per_axis(pred, target, options, elements);
  if (options.reduction == Reduction::kSum) return axes.losses.sum();
  const auto with_pairs =
      std::count_if(axes.pairs.begin(), axes.pairs.end(), [](int64_t n) { return n > 0; });
  return axes.losses.sum() / static_cast<double>(std::max<std::ptrdiff_t>(with_pairs, 1));
}

}  // namespace qamro::losses
