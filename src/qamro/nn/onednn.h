#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>

#include "qamro/nn/arithmetic.h"

// The oneDNN operators inside libtorch, reached through the dispatcher (they have no C++ header): weights are
// laid out once for the kernels, and the activation is fused. CPU, inference only, no autograd. torch catches
// wrong shapes and types (c10::Error); plain operators throw InvalidInput for a wrong type.
// oneDNN's layout also depends on the number of threads. Weights are packed for one thread, which is what
// parallel_for's tasks and a SerialRegion have; with more threads, every call lays them out again.
namespace qamro::nn {

struct ConvolutionOptions {
  std::array<std::int64_t, 2> stride = {1, 1};
  Activation activation = Activation::none;
  double negative_slope = 0.1;  // of leaky_relu
};

// A two-dimensional convolution without padding, packed for inputs of one shape.
class PackedConvolution {
 public:
  PackedConvolution() = default;
  // weight: [out, in, height, width], float32 or bfloat16 (Arithmetic::rows); bias: [out], same type, or
  // undefined; input_shape: [n, in, height, width] of the expected inputs (others work, but more slowly).
  // is_plain: use torch's plain operators (Processor::is_plain).
  PackedConvolution(const at::Tensor& weight, const at::Tensor& bias, at::IntArrayRef input_shape,
                    const ConvolutionOptions& options, bool is_plain = false);
  // input: [n, in, height, width], channels last, of the weight's type. The result is also channels last.
  at::Tensor operator()(const at::Tensor& input) const;

 private:
  at::Tensor plainly(const at::Tensor& input) const;

  at::Tensor weight_, bias_;
  ConvolutionOptions options_;
  bool is_plain_ = false;
};

}  // namespace qamro::nn
