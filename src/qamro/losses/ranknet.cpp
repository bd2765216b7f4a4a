#include "qamro/losses/ranknet.h"

#include <ATen/ATen.h>

#include "qamro/losses/axis_mean.h"
#include "qamro/losses/loss_kernel.h"
#include "qamro/losses/option_checks.h"
#include "qamro/losses/pairwise_logistic.h"

namespace qamro::losses {
namespace {

double mean_over_pairs(std::span<const double> prediction, std::span<const double> target, double sigma,
                       std::span<double> gradient) {
  const auto one = [](std::size_t, std::size_t) { return 1.0; };
  const PairwiseLogisticSum sum = pairwise_logistic(prediction, target, sigma, one, gradient);
  const auto pairs = static_cast<double>(sum.pairs);
  for (double& derivative : gradient) derivative /= pairs;
  return sum.value / pairs;
}

}  // namespace

at::Tensor ranknet_loss(const at::Tensor& pred, const at::Tensor& target, double sigma) {
  check_positive("ranknet_loss", "sigma", sigma);
  return mean_over_axes("ranknet_loss", pred, target, [&](const at::Tensor& p, const at::Tensor& y) {
    return run_loss_kernel("ranknet_loss", p, y, [&](auto prediction, auto labels, auto gradient) {
      return mean_over_pairs(prediction, labels, sigma, gradient);
    });
  });
}

}  // namespace qamro::losses
