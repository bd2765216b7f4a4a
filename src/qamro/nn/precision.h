#pragma once

#include <ATen/core/Tensor.h>

namespace qamro::nn {

// Arithmetic of the heavy layers; on a CPU, where it does not say otherwise.
//   fp32: the reference's.
//   bf16: inputs and weights of convolutions and products rounded to 8 bits of mantissa, sums in fp32. A
//         processor without bfloat16 rounds to integers instead where that is faster (kWide of
//         integer_product.h, as fine as bfloat16 on the whole), or computes in fp32.
//   int8: where the processor has a dot product of 8-bit integers, weights of the Transformer's linear layers
//         rounded to 8 bits with one scale an output, their inputs to 8 bits with one scale a row, the rest
//         as bf16; elsewhere, where 8 bits would gain no time, all as bf16.
//   fp16: on a GPU, inputs of convolutions and products rounded to 11 bits of mantissa.
enum class Precision { fp32, bf16, int8, fp16 };

// Whether this processor multiplies bfloat16 numbers itself.
bool has_bfloat16_instructions();

// Type of what the floating-point layers take in: bfloat16 where it is asked for and the processor has it,
// otherwise float32.
at::ScalarType compute_type(Precision precision);

// A convolution's or product's parameter in that type, detached.
at::Tensor to_precision(const at::Tensor& parameter, Precision precision);

// Whether integers stand in for bfloat16.
bool uses_wide_integers(Precision precision);

}  // namespace qamro::nn
