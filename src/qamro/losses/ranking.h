#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "qamro/losses/ranking_options.h"

namespace qamro::losses {

// What a batch may say of its elements beside their labels; an undefined tensor says nothing.
struct RankingElements {
  // [n] or [n, axes], floating point, finite, >= 0: a pair weighs the product of its elements' weights (say,
  // of their numbers of raters), and the mean is weighted so.
  at::Tensor weight;
  // [n] int64: the prompt or listening test of each element, for RankingOptions.scope.
  at::Tensor group;
};

struct AxisRankingLosses {
  at::Tensor losses;           // [axes], in pred's dtype, differentiable by pred; 0 where an axis has no pair
  std::vector<int64_t> pairs;  // [axes], pairs with different labels, in scope
};

// The loss of each axis by itself. Arguments as below.
AxisRankingLosses ranking_loss_per_axis(const at::Tensor& pred, const at::Tensor& target,
                                        const RankingOptions& options = {},
                                        const RankingElements& elements = {});

// The loss of a batch, a scalar in pred's dtype, differentiable by `pred`; `target` is a constant.
//   pred    [n] or [n, axes], float32 or float64, finite; on the CPU, or on a GPU where that is built, where
//           nothing waits for the device: values that are refused here make the loss NaN (ranking_on_gpu.h)
//   target  the same shape and dtype; NaN: no label, the element leaves that axis (its gradient there is 0)
// Several axes: kMean is the mean over the axes that have a pair (so an axis without labels in this batch
// does not shrink the others; the published code adds the axes instead: sum ranking_loss_per_axis for that);
// kSum adds all. No pair at all: 0 with gradient 0, still connected to pred. Value and gradient cost O(n log
// n) and are computed in double for both dtypes. The second derivative by pred is 0, as it is almost
// everywhere. Throws InvalidInput for options, shapes, dtypes, devices and values outside of this.
at::Tensor ranking_loss(const at::Tensor& pred, const at::Tensor& target, const RankingOptions& options = {},
                        const RankingElements& elements = {});

}  // namespace qamro::losses
