#include <ATen/core/Tensor.h>

#include <cstddef>

#include "qamro/losses/axis_mean.h"
#include "qamro/losses/lambda_rank.h"
#include "qamro/losses/listmle.h"
#include "qamro/losses/listnet.h"
#include "qamro/losses/option_checks.h"
#include "qamro/losses/ranknet.h"
#include "qamro/losses/spearman.h"

namespace qamro::losses {

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
