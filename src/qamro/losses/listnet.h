#pragma once

#include <ATen/core/Tensor.h>

#include "qamro/core/export.h"

namespace qamro::losses {

// ListNet's top-one loss (Cao et al., "Learning to Rank: From Pairwise Approach to Listwise Approach", ICML
// 2007, Eq. 3 and 4 with phi = exp): for each axis the cross entropy
//
//   - sum_i softmax(target / temperature)_i * log softmax(pred)_i
//
// over its labelled elements. It is at least the entropy of the labels' distribution, which it reaches if
// pred = target / temperature + a constant. A temperature below 1 stresses the top of the list.
//   pred         [n] or [n, axes], float32 or float64 on the CPU, finite
//   target       the same shape and dtype; NaN: no label, the element leaves that axis
//   temperature  of the labels, in their units, finite and > 0; 1 is the paper's
// Returns a scalar in pred's dtype, differentiable in `pred`; `target` is a constant. A second derivative
// throws InvalidInput. With several axes, the mean over those with two different labels; without any, 0 with
// gradient 0, still connected to pred. O(n), in double for both dtypes. Throws InvalidInput for anything
// else, and if the loss overflows.
QAMRO_API at::Tensor listnet_loss(const at::Tensor& pred, const at::Tensor& target, double temperature = 1.0);

}  // namespace qamro::losses
