#pragma once

#include <ATen/core/Tensor.h>

#include "qamro/losses/ranking.h"

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

// Checks the elements' weights and groups against pred and the scope of pairs: presence, shapes, dtypes and
// the device, but not the weights' values. Throws InvalidInput.
void check_elements_form(const RankingElements& elements, const at::Tensor& pred,
                         const RankingOptions& options);

}  // namespace qamro::losses
