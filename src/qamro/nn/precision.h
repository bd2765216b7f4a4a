#pragma once

namespace qamro::nn {

// Arithmetic of the heavy layers; on a CPU unless stated otherwise.
//   fp32: the reference's.
//   bf16: inputs and weights of convolutions and products rounded to 8 bits of mantissa, sums in fp32. A
//         processor without bfloat16 rounds to integers instead, about as finely, if that is faster, or else
//         computes in fp32.
//   int8: if the processor has a dot product of 8-bit integers, weights of the Transformer's linear layers
//         rounded to 8 bits with one scale per output, their inputs to 8 bits with one scale per row, the
//         rest as bf16. On other processors 8 bits would save no time, so everything is as bf16.
//   fp16: on a GPU, inputs of convolutions and products rounded to 11 bits of mantissa.
// arithmetic.h says what each means on which processor.
enum class Precision { fp32, bf16, int8, fp16 };

}  // namespace qamro::nn
