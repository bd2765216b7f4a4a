#pragma once

#include <ATen/core/Tensor.h>

namespace qamro::nn {

// Layer normalisation over the last dimension, with copies of its parameters. No autograd.
class InferenceNorm {
 public:
  InferenceNorm() = default;
  // weight, bias: float32 [dim].
  InferenceNorm(const at::Tensor& weight, const at::Tensor& bias, double epsilon = 1e-5);
  // float32 [..., dim] -> the same shape
  at::Tensor operator()(const at::Tensor& rows) const;

 private:
  at::Tensor weight_, bias_;
  double epsilon_ = 0;
};

}  // namespace qamro::nn
