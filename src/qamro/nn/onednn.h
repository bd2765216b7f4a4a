#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>

// The oneDNN operators inside libtorch, reached through the dispatcher (they have no C++ header): weights are
// laid out once for the kernels, and the activation is fused. CPU, inference only, no autograd. Wrong shapes
// and types are caught by torch (c10::Error).
// oneDNN chooses the layout by the number of threads, too: weights are packed for one, which is what
// parallel_for's tasks and a SerialRegion have; elsewhere they are laid out again in every call.
namespace qamro::nn {

enum class Activation { none, relu, leaky_relu, gelu };  // gelu: with erf

struct ConvolutionOptions {
  std::array<std::int64_t, 2> stride = {1, 1};
  Activation activation = Activation::none;
  double negative_slope = 0.1;  // of leaky_relu
};

// A two-dimensional convolution without padding, packed for inputs of one shape.
class PackedConvolution {
 public:
  PackedConvolution() = default;
  // weight: [out, in, height, width], float32 or bfloat16 (see compute_type in precision.h); bias: [out],
  // same type, or undefined; input_shape: [n, in, height, width] of the inputs it will meet (others work, at
  // less speed).
  PackedConvolution(const at::Tensor& weight, const at::Tensor& bias, at::IntArrayRef input_shape,
                    const ConvolutionOptions& options);
  // input: [n, in, height, width], channels last, of the weight's type; the result is channels last, too.
  at::Tensor operator()(const at::Tensor& input) const;

 private:
  at::Tensor weight_, bias_;
  ConvolutionOptions options_;
};

// [rows, columns] -> the same with zero rows behind them, up to whole blocks. oneDNN lays a weight out for a
// number of rows, and lays it out again in every call with another one.
at::Tensor fill_blocks(const at::Tensor& rows, std::int64_t block_rows);

// y = activation(x Wᵀ + b), computed in whole blocks of rows. bfloat16 runs as oneDNN's inner product.
// float32 runs as a 1 x 1 convolution of one image a block: oneDNN's inner product would hand it to MKL,
// whose last bits depend on the number of threads around the call; the convolution is about as fast. How
// oneDNN lays the weight out depends on the block's rows, but not on the number of blocks; two of 25 rows or
// more at a time run at nearly full speed.
class PackedLinear {
 public:
  PackedLinear() = default;
  // weight: [out, in]; bias: [out].
  PackedLinear(const at::Tensor& weight, const at::Tensor& bias, std::int64_t block_rows,
               Activation activation = Activation::none);
  // input: [rows, in] -> [rows, out]. A block that is not full takes as long as one that is.
  at::Tensor operator()(const at::Tensor& input) const;
  // The same plus `residual`, [rows, out]; only without activation.
  at::Tensor operator()(const at::Tensor& input, const at::Tensor& residual) const;

 private:
  bool is_convolution_ = false;
  std::int64_t block_rows_ = 0;
  at::Tensor weight_, bias_;
  Activation activation_ = Activation::none;
};

}  // namespace qamro::nn
