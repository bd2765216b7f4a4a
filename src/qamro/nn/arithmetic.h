#pragma once

#include <c10/core/ScalarType.h>

#include "qamro/core/processor.h"

namespace qamro::nn {

enum class Activation { none, relu, leaky_relu, gelu };  // gelu: with erf

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

// How rows are multiplied by weights.
//   fp32  float32
//   bf16  both rounded to bfloat16, summed in float32
//   wide  both rounded to 16-bit integers (integer_product.h), about as fine as bfloat16
//   int8  weights rounded to 8 bits with one scale per output, rows to 8 bits with one scale per row
enum class ProductKind { fp32, bf16, wide, int8 };
const char* name_of(ProductKind kind);

// The one place that decides what a precision means on a processor. Layers look at nothing else. They refuse
// rows of any type but `rows`, so a layer that passes on the wrong type fails on every processor.
struct Arithmetic {
  // NOLINTNEXTLINE(google-explicit-constructor): a precision alone means this processor
  Arithmetic(Precision precision = Precision::fp32, const Processor& processor = qamro::processor());

  bool operator==(const Arithmetic&) const = default;

  Processor processor;
  ProductKind linear = ProductKind::fp32;       // for the Transformer's linear layers
  ProductKind convolution = ProductKind::fp32;  // for convolutions over time
  ProductKind other = ProductKind::fp32;        // for other layers: attention, images
  // Type of the rows between products: bfloat16 or float32. Norms and sums over many layers stay float32.
  at::ScalarType rows = at::kFloat;
};

}  // namespace qamro::nn
