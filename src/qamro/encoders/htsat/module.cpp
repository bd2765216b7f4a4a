#include "qamro/encoders/htsat/module.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>

#include "qamro/core/error.h"
#include "qamro/features/log_mel.h"

namespace qamro::encoders::htsat {
namespace {

const HtsatConfig& valid(const HtsatConfig& config) {
  config.validate();
  return config;
}

void check_windows(const at::Tensor& windows) {
  if (windows.dim() != 2 || windows.size(0) < 1 || windows.size(1) != HtsatConfig::kWindowSamples ||
      windows.scalar_type() != at::kFloat)
    throw InvalidInput(fmt::format("HTSAT: expected float32 windows of shape [n, {}], got {} [{}]",
                                   HtsatConfig::kWindowSamples, c10::toString(windows.scalar_type()),
                                   fmt::join(windows.sizes(), ", ")));
}

}  // namespace

MelNormImpl::MelNormImpl(std::int64_t mel_bins)
    : weight(register_parameter("weight", at::empty({mel_bins}))),
      bias(register_parameter("bias", at::empty({mel_bins}))),
      running_mean(register_buffer("running_mean", at::empty({mel_bins}))),
      running_var(register_buffer("running_var", at::empty({mel_bins}))) {}

at::Tensor MelNormImpl::forward(const at::Tensor& log_mel) const {
  return at::batch_norm(log_mel.transpose(1, 2), weight, bias, running_mean, running_var, /*training=*/false,
                        /*momentum=*/0.0, HtsatConfig::kBatchNormEpsilon, /*cudnn_enabled=*/false)
      .transpose(1, 2);
}

HtsatModule::HtsatModule(const HtsatConfig& config)
    : mel_filters(features::mel_filters(valid(config).log_mel().filters)),
      bn0(register_module("bn0", MelNorm(config.mel_bins))),
      norm(register_module("norm", nn::Norm(config.embedding_dim()))),
      config_(config) {
  const auto patch_embed = nn::add_branch(*this, "patch_embed");
  const auto proj = nn::add_branch(*patch_embed, "proj");
  patch_weight =
      proj->register_parameter("weight", at::empty({config_.dim, 1, config_.patch, config_.patch}));
  patch_bias = proj->register_parameter("bias", at::empty({config_.dim}));
  patch_norm = patch_embed->register_module("norm", nn::Norm(config_.dim));
  const auto layers = nn::add_branch(*this, "layers");
  for (std::size_t i = 0; i < config_.stages.size(); ++i)
    stages.push_back(layers->register_module(std::to_string(i), SwinStage(config_, i)));
}

// `reshape_wav2img`: stretches time, then cuts it into pieces and stacks them, low bands first in each.
at::Tensor HtsatModule::fold(const at::Tensor& spectrogram) const {
  const at::Tensor stretched = at::upsample_bicubic2d(
      spectrogram.unsqueeze(1), {config_.image_frames(), config_.mel_bins}, /*align_corners=*/true);
  return stretched.reshape({-1, config_.folds(), HtsatConfig::kImage, config_.mel_bins})
      .transpose(2, 3)
      .reshape({-1, 1, HtsatConfig::kImage, HtsatConfig::kImage});
}

at::Tensor HtsatModule::embed_patches(const at::Tensor& image) const {
  const at::Tensor patches =
      at::conv2d(image, patch_weight, patch_bias, /*stride=*/{config_.patch, config_.patch});
  return patch_norm->forward(patches.permute({0, 2, 3, 1}));
}

HtsatOutput HtsatModule::front(const at::Tensor& windows) const {
  check_windows(windows);
  HtsatOutput output;
  output.log_mel = features::log_mel(windows, mel_filters, config_.log_mel());
  output.image = fold(bn0->forward(output.log_mel));
  output.patches = embed_patches(output.image);
  return output;
}

HtsatOutput HtsatModule::forward(const at::Tensor& windows) const {
  HtsatOutput output = front(windows);
  add_stages(output);
  return output;
}

void HtsatModule::add_stages(HtsatOutput& output) const {
  at::Tensor patches = output.patches;
  for (const SwinStage& stage : stages) output.stages.push_back(patches = stage->forward(patches));
  output.embedding = norm->forward(patches).mean({1, 2});
}

void HtsatModule::to(at::Device device, bool non_blocking) {
  Module::to(device, non_blocking);
  mel_filters = mel_filters.to(device);
}

}  // namespace qamro::encoders::htsat
