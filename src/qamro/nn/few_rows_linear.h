#pragma once

#include <ATen/core/Tensor.h>

namespace qamro::nn {

// x Wᵀ + b for few rows of x, such as a prompt's tokens. Reading W then takes most of the time: MKL copies
// all of it in every call before it multiplies, whereas this function reads it once per 24 rows, in place.
// The outputs are split among torch's intra-op threads (parallel_for). A result's bits depend on its row of
// x, W and b alone, not on the other rows or the number of threads: fused multiply-adds (on an x86 processor
// without FMA, products and sums) add up each 256 columns in order, then the sums of the 256 are added, then
// the bias. input: float32 [rows, in]; weight: float32 [out, in]; bias: float32 [out]. Returns float32
// [rows, out]. No autograd. Throws InvalidInput for other shapes and types.
at::Tensor few_rows_linear(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace qamro::nn
