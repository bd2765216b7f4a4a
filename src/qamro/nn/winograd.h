#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "qamro/nn/onednn.h"

namespace qamro::nn {

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
