#pragma once

#include <c10/core/ScalarType.h>

#include "qamro/core/enum_names.h"
#include "qamro/core/processor.h"
#include "qamro/nn/precision.h"

namespace qamro::nn {

enum class Activation { none, relu, leaky_relu, gelu };  // gelu: with erf

// How rows are multiplied by weights.
//   fp32  float32
//   bf16  both rounded to bfloat16, summed in float32
//   wide  both rounded to 16-bit integers (integer_product.h), about as fine as bfloat16
//   int8  weights rounded to 8 bits with one scale per output, rows to 8 bits with one scale per row
enum class ProductKind { fp32, bf16, wide, int8 };
constexpr auto enum_names(ProductKind) {
  return names_table<ProductKind>({{ProductKind::fp32, "fp32"},
                                   {ProductKind::bf16, "bf16"},
                                   {ProductKind::wide, "wide"},
                                   {ProductKind::int8, "int8"}});
}

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
