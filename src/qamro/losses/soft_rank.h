#pragma once

#include <ATen/core/Tensor.h>

#include "qamro/core/export.h"

namespace qamro::losses {

// Soft ranks (Blondel et al., "Fast Differentiable Sorting and Ranking", ICML 2020, with quadratic
// regularisation): the projection of values / regularization_strength onto the permutahedron of (1, ..., n),
// down each column.
//
//   soft_rank(v) = argmin over r in the convex hull of all orders of (1, ..., n) of |r - v / strength|^2 / 2
//
// The smallest value has rank 1. If sorted neighbours are at least `strength` apart, the ranks are exactly
// the hard ones and have derivative 0. Equal values have equal ranks. As the strength grows, all ranks
// approach (n + 1) / 2. The ranks of a column always add up to n (n + 1) / 2.
//   values                   [n] or [n, axes], float32 or float64 on the CPU, finite
//   regularization_strength  in units of the values, finite and > 0
// Returns ranks of values' shape and dtype, differentiable in `values` with the exact derivative; the second
// derivative is 0, as it is almost everywhere. O(n log n), in double for both dtypes. Throws InvalidInput for
// anything else, and if differences of values overflow.
QAMRO_API at::Tensor soft_rank(const at::Tensor& values, double regularization_strength = 1.0);

}  // namespace qamro::losses
