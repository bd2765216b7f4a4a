#include "qamro/losses/loss_kernel.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstddef>
#include <string>

#include "qamro/core/error.h"

namespace qamro::losses {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Hands `gradient` on, and refuses to be differentiated by either argument.
class OnceDifferentiable : public torch::autograd::Function<OnceDifferentiable> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gradient,
                            const at::Tensor& /*prediction*/, const std::string& loss) {
    context->saved_data["loss"] = loss;
    return gradient.clone();
  }
  static variable_list backward(AutogradContext* context, const variable_list& /*outer*/) {
    throw InvalidInput(fmt::format("{}: backward: expected a first derivative, got a second",
                                   context->saved_data["loss"].toStringRef()));
  }
};

class KnownGradient : public torch::autograd::Function<KnownGradient> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& prediction, double value,
                            const at::Tensor& gradient, const std::string& loss) {
    context->save_for_backward({prediction, gradient});
    context->saved_data["loss"] = loss;
    return at::scalar_tensor(value, prediction.options().requires_grad(false));
  }
  static variable_list backward(AutogradContext* context, const variable_list& outer) {
    const auto saved = context->get_saved_variables();
    at::Tensor result = saved[1] * outer[0];
    if (at::GradMode::is_enabled())
      result = OnceDifferentiable::apply(result, saved[0], context->saved_data["loss"].toStringRef());
    return {result, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor run_loss_kernel(const char* loss, const at::Tensor& prediction, const at::Tensor& target,
                           const LossKernel& kernel) {
  const auto m = static_cast<std::size_t>(prediction.numel());
  const at::Tensor gradient = at::zeros_like(target);
  const double value = kernel({prediction.const_data_ptr<double>(), m}, {target.const_data_ptr<double>(), m},
                              {gradient.mutable_data_ptr<double>(), m});
  return KnownGradient::apply(prediction, value, gradient, std::string(loss));
}

}  // namespace qamro::losses
