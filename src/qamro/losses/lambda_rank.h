#pragma once

#include <ATen/core/Tensor.h>

#include "qamro/core/export.h"
#include "qamro/losses/listwise_axis.h"

namespace qamro::losses {

// LambdaRank (Burges et al., "Learning to Rank with Nonsmooth Cost Functions", NIPS 2006) as the loss of the
// LambdaLoss framework (Wang et al., CIKM 2018, section 4.2: a bound that is minimised with the ranking held
// fixed): for each axis the sum over pairs with different labels of
//
//   |delta metric(hi, lo)| * log(1 + exp(-sigma * (p_hi - p_lo))),   hi: the element with the higher label
//
// The swap weights come from the current ranking and are constant to the gradient, which makes it
// LambdaRank's lambdas; so the value jumps where two predictions change places. Rank 1 is the highest
// prediction, equal predictions rank in the order of their indices, and the discount is 1 / log2(1 + rank).
//   pred    [n] or [n, axes], float32 or float64 on the CPU, finite
//   target  the same shape and dtype; NaN: no label, the element leaves that axis. kNdcg requires labels >= 0
//           (standardised labels have no gain)
// Returns a scalar in pred's dtype, >= 0, differentiable in `pred`; `target` is a constant. A second
// derivative throws InvalidInput. With several axes, the mean over those with two different labels;
// without any, 0 with gradient 0, still connected to pred. O(n^2) time, so for batches rather than whole
// corpora; O(n) memory; in double for both dtypes. Throws InvalidInput for anything else, and if gains or
// the loss overflow.
QAMRO_API at::Tensor lambda_rank_loss(const at::Tensor& pred, const at::Tensor& target,
                                      const LambdaRankOptions& options = {});

}  // namespace qamro::losses
