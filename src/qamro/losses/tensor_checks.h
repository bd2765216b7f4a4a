#pragma once

#include <ATen/core/Tensor.h>

namespace qamro::losses {

// What every loss requires of its arguments. `pred` and `target`: [n] or [n, axes], the same shape, both
// float32 or both float64, dense on the CPU; every prediction finite; every target finite or NaN (no label).
// Throws InvalidInput, which names the loss, the argument, what was expected and what it got.
void check_pred_and_target(const char* loss, const at::Tensor& pred, const at::Tensor& target);

// The same on another device, except the values, which only the device knows.
void check_pred_and_target_form(const char* loss, const at::Tensor& pred, const at::Tensor& target,
                                const at::Device& device);

// The same for a single tensor to rank, called "values" in messages; no NaN.
void check_values_to_rank(const char* function, const at::Tensor& values);

}  // namespace qamro::losses
