#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "qamro/core/export.h"
#include "qamro/losses/ranking_options.h"

namespace qamro::losses {

// Optional data on a batch's elements besides their labels; an undefined tensor means none.
struct RankingElements {
  // [n] or [n, axes], floating point, finite, >= 0. A pair's weight is the product of its elements' weights
  // (for example their numbers of raters), and the mean is weighted with it.
  at::Tensor weight;
  // [n] int64: the prompt or listening test of each element, for RankingOptions.scope.
  at::Tensor group;
};

struct AxisRankingLosses {
  at::Tensor losses;           // [axes], in pred's dtype, differentiable in pred; 0 if an axis has no pair
  std::vector<int64_t> pairs;  // [axes], pairs with different labels, in scope
};

// The loss of each axis by itself. Arguments as below.
QAMRO_API AxisRankingLosses ranking_loss_per_axis(const at::Tensor& pred, const at::Tensor& target,
                                                  const RankingOptions& options = {},
                                                  const RankingElements& elements = {});

// The loss of a batch, a scalar in pred's dtype, differentiable in `pred`; `target` is a constant.
//   pred    [n] or [n, axes], float32 or float64, finite; on the CPU, or on a GPU if the build supports it.
//           There, nothing waits for the device: values refused here make the loss NaN (ranking_on_gpu.h)
//   target  the same shape and dtype; NaN: no label, the element leaves that axis (its gradient there is 0)
// With several axes, kMean is the mean over the axes that have a pair, so that an axis without labels in this
// batch does not shrink the others. (The published code adds the axes; for that, sum ranking_loss_per_axis.)
// kSum adds all. Without any pair, the loss is 0 with gradient 0, still connected to pred. Value and gradient
// cost O(n log n) and are computed in double for both dtypes. The second derivative in pred is 0, as it is
// almost everywhere. Throws InvalidInput for other options, shapes, dtypes, devices and values.
QAMRO_API at::Tensor ranking_loss(const at::Tensor& pred, const at::Tensor& target,
                                  const RankingOptions& options = {}, const RankingElements& elements = {});

}  // namespace qamro::losses
