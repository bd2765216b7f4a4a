#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <vector>

#include "qamro/encoders/htsat/config.h"
#include "qamro/encoders/htsat/swin.h"

namespace qamro::encoders::htsat {

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

}  // namespace qamro::encoders::htsat
