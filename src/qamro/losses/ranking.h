#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "qamro/losses/reduction.h"

namespace qamro::losses {

// The pairwise ranking loss of QAMRO (arXiv 2508.08957, section II-A), over all pairs of the batch with y_i
// != y_j:
//
//   mean of  w_ij * relu(margin + margin_scale * |y_i - y_j| - sign(y_i - y_j) * (p_i - p_j))
//   w_ij = 1 + (preference_factor - 1) * max(q_i, q_j),  q = y min-max normalised over the batch's labels
//
// The defaults are the paper's QAMRO (Eq. 2 and 3).
struct RankingOptions {
  double margin = 0.0;             // fixed part of the margin, in units of the score; any finite number
  double margin_scale = 0.2;       // alpha of Eq. 2, >= 0; 0 switches the adaptive margin off
  double preference_factor = 7.0;  // Eq. 3, >= 0; 1 switches the quality weighting off
  Reduction reduction = Reduction::kMean;

  // Eq. 1: one margin for all pairs, all pairs alike.
  static RankingOptions fixed_margin(double margin);
  // Eq. 2 with w = 1: the ablation "without quality-aware weighting".
  static RankingOptions adaptive_margin(double margin_scale = 0.2);
  // Eq. 2 and 3.
  static RankingOptions qamro(double margin_scale = 0.2, double preference_factor = 7.0);

  // Throws InvalidInput, which names the option.
  void validate() const;
};

struct AxisRankingLosses {
  at::Tensor losses;           // [axes], in pred's dtype, differentiable by pred; 0 where an axis has no pair
  std::vector<int64_t> pairs;  // [axes], pairs with different labels
};

// The loss of each axis by itself. Arguments as below.
AxisRankingLosses ranking_loss_per_axis(const at::Tensor& pred, const at::Tensor& target,
                                        const RankingOptions& options = {});

// The loss of a batch, a scalar in pred's dtype, differentiable by `pred`; `target` is a constant.
//   pred    [n] or [n, axes], float32 or float64 on the CPU, finite
//   target  the same shape and dtype; NaN: no label, the element leaves that axis (its gradient there is 0)
// Several axes: kMean is the mean over the axes that have a pair (so an axis without labels in this batch
// does not shrink the others; the published code adds the axes instead: sum ranking_loss_per_axis for that);
// kSum adds all. No pair at all: 0 with gradient 0, still connected to pred. Value and gradient cost O(n log
// n) and are computed in double for both dtypes. The second derivative by pred is 0, as it is almost
// everywhere. Throws InvalidInput for options, shapes, dtypes, devices and values outside of this.
at::Tensor ranking_loss(const at::Tensor& pred, const at::Tensor& target, const RankingOptions& options = {});

}  // namespace qamro::losses
