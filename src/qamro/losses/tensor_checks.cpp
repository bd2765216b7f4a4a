#include "qamro/losses/tensor_checks.h"

#include <ATen/Dispatch.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <string>

#include "qamro/core/error.h"

namespace qamro::losses {
namespace {

[[noreturn]] void refuse(const char* loss, const char* argument, const std::string& expected,
                         const std::string& got) {
  throw InvalidInput(fmt::format("{}: {}: expected {}, got {}", loss, argument, expected, got));
}

std::string shape_text(const at::Tensor& tensor) {
  return fmt::format("[{}]", fmt::join(tensor.sizes(), ", "));
}

void check_kind(const char* loss, const char* argument, const at::Tensor& tensor,
                const at::Device& device = at::kCPU) {
  if (!tensor.defined()) refuse(loss, argument, "a tensor", "an undefined one");
  if (tensor.device() != device)
    refuse(loss, argument, fmt::format("a tensor on {}", device.str()), tensor.device().str());
  if (tensor.layout() != at::kStrided) refuse(loss, argument, "a dense tensor", "another layout");
  if (tensor.scalar_type() != at::kFloat && tensor.scalar_type() != at::kDouble)
    refuse(loss, argument, "float32 or float64", c10::toString(tensor.scalar_type()));
}

void check_columns(const char* loss, const char* argument, const at::Tensor& tensor) {
  if (tensor.dim() != 1 && tensor.dim() != 2)
    refuse(loss, argument, "shape [n] or [n, axes]", fmt::format("shape {}", shape_text(tensor)));
}

// Position of flat element `i` as "[row]" or "[row, axis]".
std::string position(const at::Tensor& tensor, int64_t i) {
  if (tensor.dim() == 1) return fmt::format("[{}]", i);
  return fmt::format("[{}, {}]", i / tensor.size(1), i % tensor.size(1));
}

void check_values(const char* loss, const char* argument, const at::Tensor& tensor, bool nan_allowed) {
  const at::Tensor dense = tensor.detach().contiguous();
  AT_DISPATCH_FLOATING_TYPES(dense.scalar_type(), "check_values", [&] {
    const auto* values = dense.const_data_ptr<scalar_t>();
    for (int64_t i = 0; i < dense.numel(); ++i) {
      if (std::isfinite(values[i]) || (nan_allowed && std::isnan(values[i]))) continue;
      refuse(loss, argument, nan_allowed ? "finite values, or NaN for no label" : "finite values",
             fmt::format("{} at {}", values[i], position(dense, i)));
    }
  });
}

void check_device(const char* argument, const at::Tensor& tensor, const at::Tensor& pred) {
  if (tensor.device() != pred.device())
    throw InvalidInput(fmt::format("ranking_loss: {}: expected a tensor on {}, got {}", argument,
                                   pred.device().str(), tensor.device().str()));
}

void check_weight(const at::Tensor& weight, const at::Tensor& pred) {
  const bool fits = weight.sizes() == pred.sizes() || (weight.dim() == 1 && weight.size(0) == pred.size(0));
  if (!fits || !weight.is_floating_point())
    throw InvalidInput(fmt::format(
        "ranking_loss: weight: expected floating point of shape [{}] or [{}], got {} [{}]", pred.size(0),
        fmt::join(pred.sizes(), ", "), c10::toString(weight.scalar_type()), fmt::join(weight.sizes(), ", ")));
  check_device("weight", weight, pred);
}

}  // namespace

void check_pred_and_target_form(const char* loss, const at::Tensor& pred, const at::Tensor& target,
                                const at::Device& device) {
  check_kind(loss, "pred", pred, device);
  check_kind(loss, "target", target, device);
  check_columns(loss, "pred", pred);
  if (pred.sizes() != target.sizes())
    refuse(loss, "target", fmt::format("pred's shape {}", shape_text(pred)), shape_text(target));
  if (pred.scalar_type() != target.scalar_type())
    refuse(loss, "target", fmt::format("pred's dtype {}", c10::toString(pred.scalar_type())),
           c10::toString(target.scalar_type()));
}

void check_pred_and_target(const char* loss, const at::Tensor& pred, const at::Tensor& target) {
  check_pred_and_target_form(loss, pred, target, at::kCPU);
  check_values(loss, "pred", pred, false);
  check_values(loss, "target", target, true);
}

void check_values_to_rank(const char* function, const at::Tensor& values) {
  check_kind(function, "values", values);
  check_columns(function, "values", values);
  check_values(function, "values", values, false);
}

void check_elements_form(const RankingElements& elements, const at::Tensor& pred,
                         const RankingOptions& options) {
  if (elements.weight.defined()) check_weight(elements.weight, pred);
  const at::Tensor& group = elements.group;
  if (!group.defined()) {
    if (options.scope != PairScope::kAll)
      throw InvalidInput(
          "ranking_loss: group: expected int64 group numbers for this scope of pairs, got none");
    return;
  }
  if (group.scalar_type() != at::kLong || group.dim() != 1 || group.size(0) != pred.size(0))
    throw InvalidInput(fmt::format("ranking_loss: group: expected int64 [{}], got {} [{}]", pred.size(0),
                                   c10::toString(group.scalar_type()), fmt::join(group.sizes(), ", ")));
  check_device("group", group, pred);
}

}  // namespace qamro::losses
