#include "qamro/losses/listnet.h"

#include <ATen/ATen.h>

#include "qamro/losses/axis_mean.h"
#include "qamro/losses/option_checks.h"

namespace qamro::losses {

at::Tensor listnet_loss(const at::Tensor& pred, const at::Tensor& target, double temperature) {
  check_positive("listnet_loss", "temperature", temperature);
  return mean_over_axes("listnet_loss", pred, target, [&](const at::Tensor& p, const at::Tensor& y) {
    // The maximum goes first: y / temperature alone overflows for a small temperature.
    const at::Tensor wanted = at::softmax((y - y.max()) / temperature, 0);
    return -(wanted * at::log_softmax(p, 0)).sum();
  });
}

}  // namespace qamro::losses
