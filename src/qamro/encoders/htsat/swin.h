#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <vector>

#include "qamro/encoders/htsat/config.h"
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

// `SwinTransformerBlock` of htsat.py without its dropout: normalisation before each branch, GELU (by erf).
class SwinBlockImpl : public torch::nn::Module {
 public:
  // Every second block of a stage shifts its windows.
  SwinBlockImpl(const HtsatConfig& config, std::size_t stage, bool shifts);
  // patches: [n, grid, grid, width]; mask: of the stage, for blocks that shift. Returns the same shape.
  at::Tensor forward(const at::Tensor& patches, const at::Tensor& mask) const;

  nn::Norm norm1, norm2;
  WindowAttention attn;
  nn::Projection fc1{nullptr}, fc2{nullptr};

 private:
  at::Tensor attend(const at::Tensor& patches, const at::Tensor& mask) const;

  std::int64_t window_, shift_;
};
TORCH_MODULE(SwinBlock);

// `PatchMerging`: four neighbours become one patch of twice the width.
class PatchMergingImpl : public torch::nn::Module {
 public:
  explicit PatchMergingImpl(std::int64_t dim);
  // [n, grid, grid, dim] -> [n, grid / 2, grid / 2, 2 dim]
  at::Tensor forward(const at::Tensor& patches) const;

  nn::Norm norm;
  nn::Projection reduction;  // without bias
};
TORCH_MODULE(PatchMerging);

// `BasicLayer`: the blocks of one resolution, followed by the merging in all stages but the last.
class SwinStageImpl : public torch::nn::Module {
 public:
  SwinStageImpl(const HtsatConfig& config, std::size_t stage);
  // [n, grid, grid, width] -> the next stage's shape
  at::Tensor forward(at::Tensor patches) const;
  using torch::nn::Module::to;
  void to(at::Device device, bool non_blocking = false) override;

  std::vector<SwinBlock> blocks;
  PatchMerging downsample{nullptr};

 private:
  at::Tensor mask_;  // undefined if no block shifts
};
TORCH_MODULE(SwinStage);

}  // namespace qamro::encoders::htsat
