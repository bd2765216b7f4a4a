#pragma once

#include <ATen/core/Tensor.h>

#include "qamro/core/export.h"

namespace qamro::losses {

// RankNet (Burges et al., "Learning to Rank using Gradient Descent", ICML 2005, Eq. 3 with the target
// probability 1): for each axis the mean over its pairs with different labels of
//
//   log(1 + exp(-sigma * (p_hi - p_lo))),   hi: the element with the higher label
//
//   pred    [n] or [n, axes], float32 or float64 on the CPU, finite
//   target  the same shape and dtype; NaN: no label, the element leaves that axis
//   sigma   steepness, in 1 / units of pred, finite and > 0
// Returns a scalar in pred's dtype, >= 0, differentiable in `pred`; `target` is a constant. A second
// derivative throws InvalidInput. With several axes, the mean over those with two different labels; without
// any, 0 with gradient 0, still connected to pred. O(n^2) time, so for batches rather than whole corpora;
// O(n) memory; in double for both dtypes. Throws InvalidInput for anything else, and if the loss overflows.
QAMRO_API at::Tensor ranknet_loss(const at::Tensor& pred, const at::Tensor& target, double sigma = 1.0);

}  // namespace qamro::losses
