#pragma once

#include <ATen/core/Tensor.h>

#include "qamro/core/export.h"

namespace qamro::losses {

// One minus a differentiable Spearman correlation (Blondel et al., "Fast Differentiable Sorting and Ranking",
// ICML 2020, section 6.3, with Pearson's r in place of their squared error of ranks): for each axis
//
//   1 - pearson(soft_rank(pred, regularization_strength), midranks(target))
//
// which is 1 - SRCC once predictions that differ are at least `regularization_strength` apart (and then has
// gradient 0), and 1 - Pearson's r of pred and the labels' midranks for a large strength. If all predictions
// are equal, the correlation is undefined and the loss is 1 with gradient 0.
//   pred                     [n] or [n, axes], float32 or float64 on the CPU, finite
//   target                   the same shape and dtype; NaN: no label, the element leaves that axis
//   regularization_strength  in units of pred, finite and > 0; about the distance over which a change of
//                            order should be felt
// Returns a scalar in pred's dtype, in [0, 2] up to rounding, differentiable in `pred`; `target` is a
// constant. A second derivative throws InvalidInput. With several axes, the mean over those with two
// different labels; without any, 0 with gradient 0, still connected to pred. O(n log n), in double for both
// dtypes. Throws InvalidInput for anything else, and if differences of predictions overflow.
QAMRO_API at::Tensor spearman_loss(const at::Tensor& pred, const at::Tensor& target,
                                   double regularization_strength = 1.0);

}  // namespace qamro::losses
