#include "qamro/encoders/htsat/swin.h"

#include <ATen/ATen.h>

#include <string>

namespace qamro::encoders::htsat {

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
    blocks.push_back(list->register_module(std::to_string(i), SwinBlock(config, stage, i % 2 == 1)));
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
