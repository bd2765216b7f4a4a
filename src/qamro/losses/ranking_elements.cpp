#include "qamro/losses/ranking_elements.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "qamro/core/error.h"

namespace qamro::losses {
namespace {

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
