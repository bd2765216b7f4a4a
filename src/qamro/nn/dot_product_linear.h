#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace qamro::nn {

// Whether this processor sums products of 8-bit integers in 32 bits without saturating in between (AVX-512
// VNNI).
bool has_integer_dot_product();

// x Wᵀ + b through oneDNN's product of unsigned with signed 8-bit integers: each row of x is rounded to 256
// steps between its least and its largest value, W to 8 bits of one scale an output. Right only where the
// processor has an integer dot product: others saturate.
class DotProductLinear {
 public:
  DotProductLinear() = default;
  // weight: float32 [out, in]; bias: float32 [out]; block_rows: as of PackedLinear.
  DotProductLinear(const at::Tensor& weight, const at::Tensor& bias, std::int64_t block_rows);
  // input: float32 [rows, in] -> float32 [rows, out]
  at::Tensor operator()(const at::Tensor& input) const;

 private:
  std::int64_t block_rows_ = 0;
  at::Tensor weight_, weight_scales_, weight_zeros_, bias_;
  at::Tensor sums_;  // of each output's rounded weights, [out]
};

}  // namespace qamro::nn
