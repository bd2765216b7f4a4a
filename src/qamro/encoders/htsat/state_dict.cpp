#include "qamro/encoders/htsat/state_dict.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "qamro/core/error.h"
#include "qamro/encoders/module_state.h"
#include "qamro/features/log_mel.h"

namespace qamro::encoders::htsat {
namespace {

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
  const double largest = (tensor.to(at::kDouble) - expected.to(at::kDouble)).abs().max().item<double>();
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
