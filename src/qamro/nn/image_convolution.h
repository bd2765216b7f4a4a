#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

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

// A 3 x 3 convolution without padding whose first image axis has stride 1, by Winograd's minimal filtering
// F(4, 3) along that axis (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016,
// section 4.1): four rows of output from six of input take six one-dimensional convolutions along the second
// axis instead of twelve. This halves the multiplications; the rounding error is a few times that of the
// plain sum in fp32. CPU, float32, inference only.
class WinogradConvolution {
 public:
  // weight: [out, in, 3, 3]; bias: [out]; input_shape: [1, in, height, width] of every input.
  // options.stride[0] must be 1. Throws InvalidInput if a shape does not fit.
  WinogradConvolution(const at::Tensor& weight, const at::Tensor& bias, at::IntArrayRef input_shape,
                      const ConvolutionOptions& options);
  // input: [1, in, height, width] -> [1, out, height - 2, (width - 3) / stride + 1], both channels last.
  at::Tensor operator()(const at::Tensor& input) const;

 private:
  at::Tensor gather(const std::vector<at::Tensor>& products, std::int64_t height) const;

  std::int64_t tiles_ = 0;  // of four rows of output each; the last may be cut
  at::Tensor bias_, zero_row_;
  float negative_slope_ = 1;  // 1: no activation, 0: ReLU
  std::vector<PackedConvolution> planes_;
};

}  // namespace qamro::nn
