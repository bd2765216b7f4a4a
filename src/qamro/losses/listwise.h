#pragma once

#include <ATen/core/Tensor.h>

#include "qamro/core/export.h"
#include "qamro/losses/listwise_axis.h"

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
