#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <span>

namespace qamro::losses {

// Returns the loss and writes its derivative by each prediction; all three spans have the same length.
using LossKernel = std::function<double(std::span<const double> prediction, std::span<const double> target,
                                        std::span<double> gradient)>;

// What the kernel makes of one axis, as a scalar that is differentiable by `prediction`. Both tensors are
// float64 [m], contiguous. The kernel's gradient is a constant to autograd: a second derivative would
// silently be 0, so asking for one throws InvalidInput, which names `loss`.
at::Tensor run_loss_kernel(const char* loss, const at::Tensor& prediction, const at::Tensor& target,
                           const LossKernel& kernel);

}  // namespace qamro::losses
