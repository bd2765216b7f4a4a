#pragma once

#include <ATen/core/Tensor.h>

#include "qamro/core/export.h"
#include "qamro/losses/listwise_axis.h"

namespace qamro::losses {

// ListMLE (Xia et al., "Listwise Approach to Learning to Rank", ICML 2008, Eq. 8) and its position-aware form
// (Lan et al., "Position-Aware ListMLE", UAI 2014, Eq. 8): for each axis the negative log likelihood of the
// labels' order under the Plackett-Luce model with scores `pred`, as the weighted mean over positions
//
//   sum_i w_i * (log sum_{k >= i} exp(p_k) - p_i) / sum_i w_i,   k and i in the order of falling labels
//
// (both papers take the sum; m times the uniform mean is -log P). Equal labels keep the order of their
// indices, the earlier first, so shuffle the batch if ties must not favour any element.
//   pred    [n] or [n, axes], float32 or float64 on the CPU, finite
//   target  the same shape and dtype; NaN: no label, the element leaves that axis
// Returns a scalar in pred's dtype, >= 0, differentiable in `pred`; `target` is a constant. A second
// derivative throws InvalidInput. With several axes, the mean over those with two different labels; without
// any, 0 with gradient 0, still connected to pred. O(n log n), in double for both dtypes. Throws InvalidInput
// for anything else, and if the loss overflows.
QAMRO_API at::Tensor listmle_loss(const at::Tensor& pred, const at::Tensor& target,
                                  const ListMleOptions& options = {});

}  // namespace qamro::losses
