#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <vector>

#include "qamro/encoders/htsat/config.h"
#include "qamro/encoders/htsat/window_attention.h"
#include "qamro/nn/layers.h"

namespace qamro::encoders::htsat {

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
