#include "qamro/encoders/htsat/module.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>

namespace qamro::encoders::htsat {

at::Tensor relative_position_index(std::int64_t window) {
  const at::Tensor places = at::arange(window, at::kLong);
  const at::Tensor rows = places.repeat_interleave(window), columns = places.repeat({window});
  const auto distance = [&](const at::Tensor& place) {
    return place.unsqueeze(1) - place.unsqueeze(0) + (window - 1);
  };
  return distance(rows) * (2 * window - 1) + distance(columns);
}

at::Tensor shift_mask(std::int64_t grid, std::int64_t window, std::int64_t shift) {
  // Stretches of rows (and columns) that were together before the shift: those before the last window (0),
  // the last window's first ones (1), and those that wrapped round (2).
  at::Tensor stretch = at::zeros({grid}, at::kFloat);
  stretch.narrow(0, grid - window, window).fill_(1);
  stretch.narrow(0, grid - shift, shift).fill_(2);
  const at::Tensor region = stretch.unsqueeze(1) * 3 + stretch.unsqueeze(0);
  const at::Tensor regions = to_windows(region.view({1, grid, grid, 1}), window).squeeze(-1);
  return (regions.unsqueeze(1) != regions.unsqueeze(2)).to(at::kFloat) * -100.0;
}

at::Tensor to_windows(const at::Tensor& image, std::int64_t window) {
  const std::int64_t across = image.size(1) / window;
  return image.view({image.size(0), across, window, across, window, image.size(3)})
      .transpose(2, 3)
      .reshape({-1, window * window, image.size(3)});
}

at::Tensor from_windows(const at::Tensor& windows, std::int64_t grid) {
  const auto window = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(windows.size(1)))));
  const std::int64_t across = grid / window;
  return windows.view({-1, across, across, window, window, windows.size(2)})
      .transpose(2, 3)
      .reshape({-1, grid, grid, windows.size(2)});
}

WindowAttentionImpl::WindowAttentionImpl(std::int64_t dim, std::int64_t heads, std::int64_t window)
    : relative_position_bias_table(register_parameter(
          "relative_position_bias_table", at::empty({(2 * window - 1) * (2 * window - 1), heads}))),
      qkv(register_module("qkv", nn::Projection(dim, 3 * dim))),
      proj(register_module("proj", nn::Projection(dim, dim))),
      heads_(heads),
      index_(relative_position_index(window).flatten()) {}

void WindowAttentionImpl::to(at::Device device, bool non_blocking) {
  Module::to(device, non_blocking);
  index_ = index_.to(device);
}

at::Tensor WindowAttentionImpl::position_bias() const {
  const auto patches = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(index_.numel()))));
  return relative_position_bias_table.index_select(0, index_)
      .view({patches, patches, heads_})
      .permute({2, 0, 1})
      .contiguous();
}

at::Tensor WindowAttentionImpl::forward(const at::Tensor& windows, const at::Tensor& mask) const {
  const std::int64_t count = windows.size(0), patches = windows.size(1), dim = windows.size(2);
  // [3, n x windows, heads, window², dim / heads]
  const at::Tensor split =
      qkv->forward(windows).view({count, patches, 3, heads_, dim / heads_}).permute({2, 0, 3, 1, 4});
  const double scale = 1.0 / std::sqrt(static_cast<double>(dim) / static_cast<double>(heads_));
  at::Tensor scores = at::matmul(split[0] * scale, split[1].transpose(-1, -2)) + position_bias();
  if (mask.defined()) scores = (scores.unflatten(0, {-1, mask.size(0)}) + mask.unsqueeze(1)).flatten(0, 1);
  const at::Tensor mixed = at::matmul(at::softmax(scores, -1), split[2]);
  return proj->forward(mixed.transpose(1, 2).reshape({count, patches, dim}));
}

SwinBlockImpl::SwinBlockImpl(const HtsatConfig& config, std::size_t stage, bool shifts)
    : norm1(register_module("norm1", nn::Norm(config.width(stage)))),
      norm2(register_module("norm2", nn::Norm(config.width(stage)))),
      attn(register_module(
          "attn", WindowAttention(config.width(stage), config.stages[stage].heads, config.window_of(stage)))),
      window_(config.window_of(stage)),
      shift_(shifts ? config.shift_of(stage) : 0) {
  const std::int64_t width = config.width(stage), inner = config.feed_forward_ratio * width;
  const auto mlp = nn::add_branch(*this, "mlp");
  fc1 = mlp->register_module("fc1", nn::Projection(width, inner));
  fc2 = mlp->register_module("fc2", nn::Projection(inner, width));
}

at::Tensor SwinBlockImpl::attend(const at::Tensor& patches, const at::Tensor& mask) const {
  const std::int64_t grid = patches.size(1);
  if (shift_ == 0) return from_windows(attn->forward(to_windows(patches, window_), at::Tensor()), grid);
  const at::Tensor shifted = at::roll(patches, {-shift_, -shift_}, {1, 2});
  const at::Tensor attended = from_windows(attn->forward(to_windows(shifted, window_), mask), grid);
  return at::roll(attended, {shift_, shift_}, {1, 2});
}

at::Tensor SwinBlockImpl::forward(const at::Tensor& patches, const at::Tensor& mask) const {
  const at::Tensor attended = patches + attend(norm1->forward(patches), mask);
  return attended + fc2->forward(at::gelu(fc1->forward(norm2->forward(attended))));
}

PatchMergingImpl::PatchMergingImpl(std::int64_t dim)
    : norm(register_module("norm", nn::Norm(4 * dim))),
      reduction(register_module("reduction", nn::Projection(4 * dim, 2 * dim, /*has_bias=*/false))) {}

at::Tensor PatchMergingImpl::forward(const at::Tensor& patches) const {
  const auto every_second = [&](std::int64_t row, std::int64_t column) {
    return patches.slice(1, row, std::nullopt, 2).slice(2, column, std::nullopt, 2);
  };
  const at::Tensor four =
      at::cat({every_second(0, 0), every_second(1, 0), every_second(0, 1), every_second(1, 1)}, -1);
  return reduction->forward(norm->forward(four));
}

SwinStageImpl::SwinStageImpl(const HtsatConfig& config, std::size_t stage) {
  const auto list = nn::add_branch(*this, "blocks");
  for (std::int64_t i = 0; i < config.stages[stage].blocks; ++i)
    blocks.emplace_back(list->register_module(std::to_string(i), SwinBlock(config, stage, i % 2 == 1)));
  if (stage + 1 < config.stages.size())
    downsample = register_module("downsample", PatchMerging(config.width(stage)));
  if (config.shift_of(stage) > 0)
    mask_ = shift_mask(config.grid(stage), config.window_of(stage), config.shift_of(stage));
}

void SwinStageImpl::to(at::Device device, bool non_blocking) {
  Module::to(device, non_blocking);
  if (mask_.defined()) mask_ = mask_.to(device);
}

at::Tensor SwinStageImpl::forward(at::Tensor patches) const {
  for (const SwinBlock& block : blocks) patches = block->forward(patches, mask_);
  return downsample.is_empty() ? patches : downsample->forward(patches);
}

}  // namespace qamro::encoders::htsat
