#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "qamro/encoders/htsat/config.h"
#include "qamro/io/state_dict.h"
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

// The network's outputs for a batch of windows, stage by stage.
struct HtsatOutput {
  at::Tensor log_mel;              // [n, frames, mel bands], decibels
  at::Tensor image;                // [n, 1, 256, 256]: normalised, stretched and folded
  at::Tensor patches;              // [n, grid, grid, dim]
  std::vector<at::Tensor> stages;  // the output of each, after its merging
  at::Tensor embedding;            // [n, embedding_dim]: the mean of the normalised last stage
};

// `BatchNorm2d` over mel bands with its running statistics, which never move: CLAP_Module calls eval() before
// each embedding, even in the published training. Weight and bias are trained.
class MelNormImpl : public torch::nn::Module {
 public:
  explicit MelNormImpl(std::int64_t mel_bins);
  // [n, frames, mel bands] -> the same shape
  at::Tensor forward(const at::Tensor& log_mel) const;

  at::Tensor weight, bias, running_mean, running_var;  // [mel bands]
};
TORCH_MODULE(MelNorm);

// `HTSAT_Swin_Transformer` of htsat.py up to its 'embedding', as CLAP_Module runs it (always in inference
// mode, see MelNormImpl): its arithmetic in plain differentiable operators, with all parameters under their
// reference names.
class HtsatModule : public torch::nn::Module {
 public:
  // Parameters are allocated, not initialised; the mel filters are computed. Throws InvalidInput for sizes
  // that do not fit together.
  explicit HtsatModule(const HtsatConfig& config = {});

  // windows: float32 [n, 480000], 48 kHz. Throws InvalidInput for another shape or type.
  HtsatOutput forward(const at::Tensor& windows) const;
  // Only what comes before the stages: log_mel, image and patches.
  HtsatOutput front(const at::Tensor& windows) const;
  // Adds the stages and the embedding to the output of front().
  void add_stages(HtsatOutput& output) const;
  using torch::nn::Module::to;
  void to(at::Device device, bool non_blocking = false) override;

  const HtsatConfig& config() const { return config_; }

  at::Tensor mel_filters;  // [frequency bins, mel bands]; not trained
  MelNorm bn0;
  at::Tensor patch_weight, patch_bias;  // [dim, 1, patch, patch], [dim]
  nn::Norm patch_norm{nullptr};
  std::vector<SwinStage> stages;
  nn::Norm norm;

 private:
  // [n, frames, mel bands] -> [n, 1, 256, 256]
  at::Tensor fold(const at::Tensor& spectrogram) const;
  at::Tensor embed_patches(const at::Tensor& image) const;

  HtsatConfig config_;
};

// The module that the tensors describe, in inference mode (eval()). It uses them without a copy
// (encoders/module_state.h). Besides the parameters, a LAION file holds
// - computed tensors, which are optional and checked if present: the Fourier transform's matrices, the mel
//   matrix (the file's own is used), relative position indices and shift masks;
// - the sound classifier's last layers (`tscam_conv`, `head`), which no embedding passes through.
// Throws CheckpointError that names `file` and every tensor that is missing, unexpected or misshapen, or the
// first one that is not float32 or differs from its computed values. Refuses a fusion model as such.
std::shared_ptr<HtsatModule> module_from_state_dict(io::StateDict state, std::string_view file);

}  // namespace qamro::encoders::htsat
