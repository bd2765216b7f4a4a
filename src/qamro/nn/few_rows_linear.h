#pragma once

#include <ATen/core/Tensor.h>

namespace qamro::nn {

// x Wᵀ + b for few rows of x, as a prompt's tokens are. What takes the time then is to read W: MKL copies all
// of it in every call, before it multiplies; here it is read once, where it lies. The outputs are shared out
// over torch's intra-op threads (parallel_for). A result's bits depend on its row of x and on W alone,
// neither on the other rows nor on how many threads there are: each 256 columns are summed in their order by
// fused multiply-adds (on an x86 processor without FMA: by products and sums), then the sums of the 256, then
// the bias. input: float32 [rows, in]; weight: float32 [out, in]; bias: float32 [out]. Returns float32 [rows,
// out]. No autograd. Throws InvalidInput for other shapes and types.
at::Tensor few_rows_linear(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace qamro::nn
