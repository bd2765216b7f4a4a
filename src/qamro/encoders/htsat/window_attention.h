#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>

#include "qamro/nn/layers.h"

namespace qamro::encoders::htsat {

// int64 [window², window²]: the row of the bias table for each pair of patches in a window.
at::Tensor relative_position_index(std::int64_t window);

// float32 [windows, window², window²]: 0, or -100 between patches that are together only because the shifted
// image wraps round. `grid`: rows and columns of patches.
at::Tensor shift_mask(std::int64_t grid, std::int64_t window, std::int64_t shift);

// [n, grid, grid, dim] -> [n x windows, window², dim], and back.
at::Tensor to_windows(const at::Tensor& image, std::int64_t window);
at::Tensor from_windows(const at::Tensor& windows, std::int64_t grid);

// `WindowAttention` of htsat.py: self-attention within each window, with a bias by relative position.
class WindowAttentionImpl : public torch::nn::Module {
 public:
  WindowAttentionImpl(std::int64_t dim, std::int64_t heads, std::int64_t window);

  // windows: [n x windows, window², dim]; mask: from shift_mask(), or undefined. Returns the same shape.
  at::Tensor forward(const at::Tensor& windows, const at::Tensor& mask) const;
  // [heads, window², window²]
  at::Tensor position_bias() const;
  using torch::nn::Module::to;
  void to(at::Device device, bool non_blocking = false) override;

  at::Tensor relative_position_bias_table;  // [(2 window - 1)², heads]
  nn::Projection qkv, proj;

 private:
  std::int64_t heads_;
  at::Tensor index_;  // [window⁴]
};
TORCH_MODULE(WindowAttention);

}  // namespace qamro::encoders::htsat
