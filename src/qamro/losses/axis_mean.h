#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace qamro::losses {

// The loss of one axis, a scalar that is differentiable by `prediction`. Both arguments are float64 [m], the
// labelled elements in their order, finite, with at least two different targets; `target` is a constant.
using AxisTerm = std::function<at::Tensor(const at::Tensor& prediction, const at::Tensor& target)>;

// A listwise loss of a batch: the mean of `term` over the axes that have two different labels, in pred's
// dtype. pred and target as check_pred_and_target asks; a NaN target takes the element out of its axis. No
// such axis at all: 0 with gradient 0, still connected to pred. `loss` is the name in messages.
// Throws InvalidInput for other arguments and where the loss is not finite in pred's dtype.
at::Tensor mean_over_axes(const char* loss, const at::Tensor& pred, const at::Tensor& target,
                          const AxisTerm& term);

}  // namespace qamro::losses
