#include <ATen/ATen.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include "qamro/core/error.h"
#include "qamro/losses/listwise.h"
#include "qamro/losses/listwise_axis.h"
#include "qamro/losses/option_checks.h"
#include "qamro/losses/tensor_checks.h"

namespace qamro::losses {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Passes `gradient` on, and refuses to be differentiated in either argument.
class OnceDifferentiable : public torch::autograd::Function<OnceDifferentiable> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gradient, const at::Tensor& /*pred*/,
                            const std::string& loss) {
    context->saved_data["loss"] = loss;
    return gradient.clone();
  }
  static variable_list backward(AutogradContext* context, const variable_list& /*outer*/) {
    throw InvalidInput(fmt::format("{}: backward: expected a first derivative, got a second",
                                   context->saved_data["loss"].toStringRef()));
  }
};

// value and gradient are float64.
class KnownGradient : public torch::autograd::Function<KnownGradient> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& pred, double value,
                            const at::Tensor& gradient, const std::string& loss) {
    context->save_for_backward({pred, gradient});
    context->saved_data["loss"] = loss;
    return at::scalar_tensor(value, pred.options().requires_grad(false));
  }
  static variable_list backward(AutogradContext* context, const variable_list& outer) {
    const auto saved = context->get_saved_variables();
    at::Tensor result = (saved[1] * outer[0]).to(saved[0].scalar_type());
    if (at::GradMode::is_enabled())
      result = OnceDifferentiable::apply(result, saved[0], context->saved_data["loss"].toStringRef());
    return {result, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

// [n] or [n, axes] as [axes, n] float64, contiguous.
at::Tensor as_rows(const at::Tensor& tensor) {
  const at::Tensor precise = tensor.detach().to(at::kDouble);
  return (precise.dim() == 1 ? precise.unsqueeze(0) : precise.t()).contiguous();
}

// A listwise loss of a batch: the mean of `kernel` over the axes that have two different labels, in pred's
// dtype, differentiable in pred. pred and target must pass check_pred_and_target; a NaN target takes the
// element out of its axis. Without any such axis, the loss is 0 with gradient 0, still connected to pred.
// `loss` is the name in messages. The kernel's gradient is a constant to autograd: a second derivative would
// silently be 0, so asking for one throws InvalidInput. So do other arguments, and a loss that is not finite
// in pred's dtype.
at::Tensor mean_over_axes(const char* loss, const at::Tensor& pred, const at::Tensor& target,
                          const ListwiseKernel& kernel) {
  check_pred_and_target(loss, pred, target);
  const at::Tensor predictions = as_rows(pred);
  const at::Tensor targets = as_rows(target);
  const auto n = static_cast<std::size_t>(pred.size(0));
  const at::Tensor gradient = at::zeros_like(predictions);
  double sum = 0;
  int64_t axes = 0;
  for (int64_t axis = 0; axis < predictions.size(0); ++axis) {
    const ListwiseAxisLoss term =
        listwise_loss_of_axis({predictions.const_data_ptr<double>() + axis * pred.size(0), n},
                              {targets.const_data_ptr<double>() + axis * pred.size(0), n}, kernel);
    std::copy(term.gradient.begin(), term.gradient.end(),
              gradient.mutable_data_ptr<double>() + axis * pred.size(0));
    sum += term.value;
    axes += term.counts ? 1 : 0;
  }
  if (axes > 1) {
    sum /= static_cast<double>(axes);
    gradient.div_(axes);
  }
  at::Tensor mean =
      KnownGradient::apply(pred, sum, pred.dim() == 1 ? gradient[0] : gradient.t(), std::string(loss));
  const auto value = mean.item<double>();
  if (!std::isfinite(value))
    throw InvalidInput(
        fmt::format("{}: pred, target: expected values whose loss is finite, got loss {}", loss, value));
  return mean;
}

}  // namespace

at::Tensor listnet_loss(const at::Tensor& pred, const at::Tensor& target, double temperature) {
  check_positive("listnet_loss: temperature", temperature);
  return mean_over_axes("listnet_loss", pred, target, [&](auto prediction, auto labels, auto gradient) {
    return listnet_of_axis(prediction, labels, temperature, gradient);
  });
}

at::Tensor listmle_loss(const at::Tensor& pred, const at::Tensor& target, const ListMleOptions& options) {
  options.validate();
  if (pred.defined() && pred.dim() > 0) options.check_rows(static_cast<std::size_t>(pred.size(0)));
  return mean_over_axes("listmle_loss", pred, target, [&](auto prediction, auto labels, auto gradient) {
    return listmle_of_axis(prediction, labels, options, gradient);
  });
}

at::Tensor ranknet_loss(const at::Tensor& pred, const at::Tensor& target, double sigma) {
  check_positive("ranknet_loss: sigma", sigma);
  return mean_over_axes("ranknet_loss", pred, target, [&](auto prediction, auto labels, auto gradient) {
    return ranknet_of_axis(prediction, labels, sigma, gradient);
  });
}

at::Tensor lambda_rank_loss(const at::Tensor& pred, const at::Tensor& target,
                            const LambdaRankOptions& options) {
  options.validate();
  return mean_over_axes("lambda_rank_loss", pred, target, [&](auto prediction, auto labels, auto gradient) {
    return lambda_rank_of_axis(prediction, labels, options, gradient);
  });
}

at::Tensor spearman_loss(const at::Tensor& pred, const at::Tensor& target, double regularization_strength) {
  check_positive("spearman_loss: regularization_strength", regularization_strength);
  return mean_over_axes("spearman_loss", pred, target, [&](auto prediction, auto labels, auto gradient) {
    return spearman_of_axis(prediction, labels, regularization_strength, gradient);
  });
}

}  // namespace qamro::losses
