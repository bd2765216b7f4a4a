#include "qamro/encoders/htsat/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "qamro/core/error.h"

namespace qamro::encoders::htsat {
namespace {

// More than any version has; keeps a hostile file from asking for endless layers.
constexpr std::int64_t kMaximumStages = 8;
constexpr std::int64_t kMaximumBlocks = 1000;
constexpr std::int64_t kMaximumWidth = 1 << 20;

struct KnownSize {
  const char* name;
  std::int64_t dim;
  std::array<std::int64_t, 4> blocks;
};
// `create_htsat_model`.
constexpr std::array<KnownSize, 3> kKnownSizes = {{{"HTSAT-tiny", 96, {2, 2, 6, 2}},
                                                   {"HTSAT-base", 128, {2, 2, 12, 2}},
                                                   {"HTSAT-large", 256, {2, 2, 12, 2}}}};

std::string table_name(std::int64_t stage, std::int64_t block) {
  return fmt::format("layers.{}.blocks.{}.attn.relative_position_bias_table", stage, block);
}

HtsatStage stage_of(const io::StateDict& state, std::int64_t stage, std::string_view file) {
  std::int64_t blocks = 0;
  while (blocks < kMaximumBlocks && state.contains(table_name(stage, blocks))) ++blocks;
  return {blocks, io::shape_of(state, table_name(stage, 0), 2, file)[1]};
}

// The table has (2 window - 1)² rows.
std::int64_t window_of(const io::StateDict& state, std::string_view file) {
  const std::int64_t rows = io::shape_of(state, table_name(0, 0), 2, file)[0];
  const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(rows))));
  if (side * side != rows || side % 2 != 1)
    throw CheckpointError(
        fmt::format("{}: tensor '{}': expected (2 window - 1)² rows, got {}", file, table_name(0, 0), rows));
  return (side + 1) / 2;
}

std::int64_t divide(std::int64_t all, std::int64_t part) {
  return part < 1 ? 0 : all / part;
}

}  // namespace

std::string HtsatConfig::name() const {
  std::vector<std::int64_t> blocks;
  for (const HtsatStage& stage : stages) blocks.push_back(stage.blocks);
  for (const KnownSize& known : kKnownSizes)
    if (known.dim == dim && std::ranges::equal(known.blocks, blocks)) return known.name;
  return fmt::format("HTSAT of width {} with blocks {}", dim, fmt::join(blocks, "-"));
}

void HtsatConfig::validate() const {
  const auto expect = [](bool holds, const std::string& what) {
    if (!holds) throw InvalidInput("HTSAT: expected " + what);
  };
  expect(mel_bins > 0 && kImage % mel_bins == 0,
         fmt::format("mel bands that divide {}, got {}", kImage, mel_bins));
  expect(patch > 0 && kImage % patch == 0, fmt::format("patches that divide {}, got {}", kImage, patch));
  expect(!stages.empty() && std::ssize(stages) <= kMaximumStages && window > 0 && feed_forward_ratio > 0 &&
             feed_forward_ratio <= 64,
         fmt::format("1 to {} stages, a window and a feed-forward of 1 to 64 widths, got {}, {} and {}",
                     kMaximumStages, stages.size(), window, feed_forward_ratio));
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const HtsatStage& stage = stages[i];
    expect(stage.blocks > 0, fmt::format("blocks in stage {}, got none", i));
    expect(stage.heads > 0 && dim > 0 && width(i) <= kMaximumWidth && width(i) % stage.heads == 0,
           fmt::format("a width divisible by {} heads in stage {}, got {}", stage.heads, i, width(i)));
    expect(grid(i) > 0 && grid(i) << i == kImage / patch && grid(i) % window_of(i) == 0,
           fmt::format("windows of {} that divide the {} patches of stage {}", window, grid(i), i));
  }
}

HtsatConfig config_from_state_dict(const io::StateDict& state, std::string_view file) {
  HtsatConfig config;
  const at::IntArrayRef patches = io::shape_of(state, "patch_embed.proj.weight", 4, file);
  config.mel_bins = io::shape_of(state, "bn0.weight", 1, file)[0];
  config.dim = patches[0];
  config.patch = patches[2];
  config.window = window_of(state, file);
  config.stages.clear();
  for (std::int64_t i = 0; i < kMaximumStages && state.contains(table_name(i, 0)); ++i)
    config.stages.push_back(stage_of(state, i, file));
  config.feed_forward_ratio =
      divide(io::shape_of(state, "layers.0.blocks.0.mlp.fc1.weight", 2, file)[0], config.dim);
  try {
    config.validate();
  } catch (const InvalidInput& error) {
    throw CheckpointError(fmt::format("{}: {}", file, error.what()));
  }
  return config;
}

}  // namespace qamro::encoders::htsat
