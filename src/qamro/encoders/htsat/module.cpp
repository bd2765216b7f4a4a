#include "qamro/encoders/htsat/module.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>

#include "qamro/core/error.h"
#include "qamro/encoders/module_state.h"
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

constexpr const char* kMelFilters = "logmel_extractor.melW";
// For single precision: the values of the Fourier and mel matrices are at most 1. Tables match exactly.
constexpr double kTolerance = 1e-6;

void refuse_fusion(const io::StateDict& state, std::string_view file) {
  for (const auto& [name, tensor] : state)
    if (name.find("fusion_model") != std::string::npos || name.find("mel_conv") != std::string::npos)
      throw CheckpointError(fmt::format(
          "{}: tensor '{}': expected a CLAP without fusion, got one with fusion, which qamro does not support",
          file, name));
}

// Takes the tensor out of `state` and checks it against the expected values. Undefined if there is none.
at::Tensor take_computed(io::StateDict& state, const std::string& name, const at::Tensor& expected,
                         std::string_view file) {
  const auto found = state.find(name);
  if (found == state.end()) return {};
  const at::Tensor tensor = io::expect_tensor(state, name, expected.sizes(), file);
  state.erase(found);
  const auto largest = (tensor.to(at::kDouble) - expected.to(at::kDouble)).abs().max().item<double>();
  if (!(largest <= kTolerance))
    throw CheckpointError(fmt::format(
        "{}: tensor '{}': expected the values that the reference computes, got values that differ by up to {:.3g}",
        file, name, largest));
  return tensor;
}

at::Tensor take_front_end(io::StateDict& state, const HtsatConfig& config, std::string_view file) {
  const auto options = config.log_mel();
  const auto fourier = features::fourier_matrices(options.window_samples());
  take_computed(state, "spectrogram_extractor.stft.conv_real.weight", fourier.real, file);
  take_computed(state, "spectrogram_extractor.stft.conv_imag.weight", fourier.imaginary, file);
  return take_computed(state, kMelFilters, features::mel_filters(options.filters), file);
}

void take_window_tables(io::StateDict& state, const HtsatConfig& config, std::string_view file) {
  for (std::size_t stage = 0; stage < config.stages.size(); ++stage) {
    const std::int64_t window = config.window_of(stage), shift = config.shift_of(stage);
    const at::Tensor index = relative_position_index(window);
    const at::Tensor mask = shift > 0 ? shift_mask(config.grid(stage), window, shift) : at::Tensor();
    for (std::int64_t block = 0; block < config.stages[stage].blocks; ++block) {
      const std::string name = fmt::format("layers.{}.blocks.{}.", stage, block);
      take_computed(state, name + "attn.relative_position_index", index, file);
      if (mask.defined() && block % 2 == 1) take_computed(state, name + "attn_mask", mask, file);
    }
  }
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
    stages.emplace_back(layers->register_module(std::to_string(i), SwinStage(config_, i)));
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

std::shared_ptr<HtsatModule> module_from_state_dict(io::StateDict state, std::string_view file) {
  refuse_fusion(state, file);
  const HtsatConfig config = config_from_state_dict(state, file);
  const at::Tensor filters = take_front_end(state, config, file);
  take_window_tables(state, config, file);
  std::erase_if(state, [](const auto& item) {
    return item.first.starts_with("tscam_conv.") || item.first.starts_with("head.") ||
           item.first == "bn0.num_batches_tracked";
  });
  auto module = module_of<HtsatModule>(config, state, file);
  if (filters.defined()) module->mel_filters = filters.to(at::kFloat);
  return module;
}

}  // namespace qamro::encoders::htsat
