#include "qamro/encoders/distillmos/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>

#include "qamro/core/error.h"

namespace qamro::encoders::distillmos {
namespace {

constexpr std::int64_t kKernel = 3;
constexpr std::int64_t kSamplesPerToken = 320;
// More than any version has; keeps a hostile file from asking for endless layers.
constexpr std::int64_t kMaximumLayers = 1000;

const std::string kTransformer = "transformer_pool_attn.transformer.";

using io::shape_of;

std::vector<std::int64_t> channels_of(const io::StateDict& state, std::string_view file) {
  std::vector<std::int64_t> channels;
  for (std::int64_t i = 0; i < kMaximumLayers; ++i) {
    const std::string name = fmt::format("cnn.cnn.{}.weight", 2 * i);
    if (i > 0 && !state.contains(name)) break;
    channels.push_back(shape_of(state, name, 4, file)[0]);
  }
  return channels;
}

std::int64_t layers_of(const io::StateDict& state) {
  std::int64_t layers = 0;
  while (layers < kMaximumLayers &&
         state.contains(fmt::format("{}transformer_encoder.layers.{}.linear1.weight", kTransformer, layers)))
    ++layers;
  return layers;
}

}  // namespace

std::int64_t DistillMosConfig::frequencies() const {
  std::int64_t frequencies = spectrum().bins();
  for (std::size_t i = 0; i < channels.size(); ++i)
    frequencies = frequencies < kKernel ? 0 : (frequencies - kKernel) / frequency_stride(i) + 1;
  return frequencies;
}

std::int64_t DistillMosConfig::valid_tokens(std::int64_t samples) const {
  return std::clamp<std::int64_t>((samples + kSamplesPerToken - 1) / kSamplesPerToken, 1, tokens);
}

void DistillMosConfig::validate() const {
  if (channels.empty() || std::ranges::any_of(channels, [](auto count) { return count < 1; }))
    throw InvalidInput(
        fmt::format("Distill-MOS: expected convolutions with channels, got [{}]", fmt::join(channels, ", ")));
  if (frequencies() < 1)
    throw InvalidInput(fmt::format("Distill-MOS: {} convolutions leave nothing of {} frequency bins",
                                   channels.size(), spectrum().bins()));
  if (tokens != (frames() + 1) / 2)
    throw InvalidInput(
        fmt::format("Distill-MOS: expected {} tokens per window, got {}", (frames() + 1) / 2, tokens));
  if (dim < 1 || dim % kHeads != 0)
    throw InvalidInput(
        fmt::format("Distill-MOS: expected a width divisible by {} heads, got {}", kHeads, dim));
  if (feed_forward < 1 || layers < 1 || pool_hidden < 1)
    throw InvalidInput(
        fmt::format("Distill-MOS: expected sizes >= 1, got feed-forward {}, layers {}, pool {}", feed_forward,
                    layers, pool_hidden));
}

DistillMosConfig config_from_state_dict(const io::StateDict& state, std::string_view file) {
  DistillMosConfig config;
  config.channels = channels_of(state, file);
  config.tokens = shape_of(state, kTransformer + "position_encoding.pe", 3, file)[1];
  config.dim = shape_of(state, kTransformer + "linear_proj.weight", 2, file)[0];
  const std::string linear1 = kTransformer + "transformer_encoder.layers.0.linear1.weight";
  config.feed_forward = shape_of(state, linear1, 2, file)[0];
  config.layers = layers_of(state);
  config.pool_hidden = shape_of(state, "transformer_pool_attn.pool.linear1.weight", 2, file)[0];
  try {
    config.validate();
  } catch (const InvalidInput& error) {
    throw CheckpointError(fmt::format("{}: {}", file, error.what()));
  }
  return config;
}

}  // namespace qamro::encoders::distillmos
