#include "qamro/losses/regression.h"

#include <ATen/ATen.h>

#include "qamro/losses/option_checks.h"
#include "qamro/losses/tensor_checks.h"

namespace qamro::losses {
namespace {

// Only labelled entries take part: a NaN multiplied by 0 afterwards would still poison the gradient.
template <typename Term>
at::Tensor over_labels(const char* loss, const at::Tensor& pred, const at::Tensor& target,
                       Reduction reduction, Term term) {
  check_pred_and_target(loss, pred, target);
  const at::Tensor constant = target.detach();
  const at::Tensor has_label = constant.isnan().logical_not_();
  const at::Tensor labelled = pred.masked_select(has_label);
  if (labelled.numel() == 0) return labelled.sum();
  return term(labelled, constant.masked_select(has_label),
              reduction == Reduction::kMean ? at::Reduction::Mean : at::Reduction::Sum);
}

}  // namespace

at::Tensor huber_loss(const at::Tensor& pred, const at::Tensor& target, double delta, Reduction reduction) {
  check_positive("huber_loss: delta", delta);
  return over_labels("huber_loss", pred, target, reduction, [delta](const auto& p, const auto& y, auto how) {
    return at::huber_loss(p, y, how, delta);
  });
}

at::Tensor mse_loss(const at::Tensor& pred, const at::Tensor& target, Reduction reduction) {
  return over_labels("mse_loss", pred, target, reduction,
                     [](const auto& p, const auto& y, auto how) { return at::mse_loss(p, y, how); });
}

at::Tensor l1_loss(const at::Tensor& pred, const at::Tensor& target, Reduction reduction) {
  return over_labels("l1_loss", pred, target, reduction,
                     [](const auto& p, const auto& y, auto how) { return at::l1_loss(p, y, how); });
}

}  // namespace qamro::losses
