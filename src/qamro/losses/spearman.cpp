#include "qamro/losses/spearman.h"

#include <ATen/ATen.h>

#include <cstddef>

#include "qamro/losses/axis_mean.h"
#include "qamro/losses/midranks.h"
#include "qamro/losses/option_checks.h"
#include "qamro/losses/soft_rank.h"

namespace qamro::losses {
namespace {

// Deviations from the mean of a column that is not constant, with norm 1.
at::Tensor standardized(const at::Tensor& ranks) {
  const at::Tensor deviations = ranks - ranks.mean();
  return deviations / deviations.norm();
}

bool constant(const at::Tensor& values) {
  return values.min().item<double>() == values.max().item<double>();
}

}  // namespace

at::Tensor spearman_loss(const at::Tensor& pred, const at::Tensor& target, double regularization_strength) {
  check_positive("spearman_loss", "regularization_strength", regularization_strength);
  return mean_over_axes("spearman_loss", pred, target, [&](const at::Tensor& p, const at::Tensor& y) {
    const at::Tensor ranks = soft_rank(p, regularization_strength);
    if (constant(ranks)) return at::ones({}, p.options().requires_grad(false));
    const at::Tensor labels =
        at::tensor(midranks({y.const_data_ptr<double>(), static_cast<std::size_t>(y.numel())}), at::kDouble);
    return 1 - (standardized(ranks) * standardized(labels)).sum();
  });
}

}  // namespace qamro::losses
