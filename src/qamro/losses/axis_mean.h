#pragma once

#include <ATen/core/Tensor.h>

#include "qamro/losses/listwise_axis.h"

namespace qamro::losses {

// A listwise loss of a batch: the mean of `kernel` over the axes that have two different labels, in pred's
// dtype, differentiable in pred. pred and target must pass check_pred_and_target; a NaN target takes the
// element out of its axis. Without any such axis, the loss is 0 with gradient 0, still connected to pred.
// `loss` is the name in messages. The kernel's gradient is a constant to autograd: a second derivative would
// silently be 0, so asking for one throws InvalidInput. So do other arguments, and a loss that is not finite
// in pred's dtype.
at::Tensor mean_over_axes(const char* loss, const at::Tensor& pred, const at::Tensor& target,
                          const ListwiseKernel& kernel);

}  // namespace qamro::losses
