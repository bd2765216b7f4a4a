#pragma once

#include <ATen/core/Tensor.h>

#include "qamro/core/export.h"
#include "qamro/losses/option_checks.h"

namespace qamro::losses {

// Regression losses over all labels of a batch: scalars in pred's dtype, differentiable in `pred`.
//   pred    [n] or [n, axes], float32 or float64 on the CPU, finite
//   target  the same shape and dtype; NaN: no label, the entry is left out
// kMean divides by the number of labels, over all axes together (as torch does over all elements).
// Without any label, 0 with gradient 0, still connected to pred.
// Throws InvalidInput for anything else.
// Call them qualified (losses::mse_loss): unqualified, argument-dependent lookup would add at::mse_loss.

// Huber (1964) as in torch.nn.HuberLoss: d²/2 for |d| <= delta, delta (|d| - delta/2) beyond; delta > 0 and
// finite, in units of the score. The paper's regression term.
QAMRO_API at::Tensor huber_loss(const at::Tensor& pred, const at::Tensor& target, double delta = 1.0,
                                Reduction reduction = Reduction::kMean);

// Squared error.
QAMRO_API at::Tensor mse_loss(const at::Tensor& pred, const at::Tensor& target,
                              Reduction reduction = Reduction::kMean);

// Absolute error; derivative 0 at 0.
QAMRO_API at::Tensor l1_loss(const at::Tensor& pred, const at::Tensor& target,
                             Reduction reduction = Reduction::kMean);

}  // namespace qamro::losses
