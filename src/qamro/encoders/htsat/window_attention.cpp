#include "qamro/encoders/htsat/window_attention.h"

#include <ATen/ATen.h>

#include <cmath>

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
  const double scale = 1.0 / std::sqrt(static_cast<double>(dim / heads_));
  at::Tensor scores = at::matmul(split[0] * scale, split[1].transpose(-1, -2)) + position_bias();
  if (mask.defined()) scores = (scores.unflatten(0, {-1, mask.size(0)}) + mask.unsqueeze(1)).flatten(0, 1);
  const at::Tensor mixed = at::matmul(at::softmax(scores, -1), split[2]);
  return proj->forward(mixed.transpose(1, 2).reshape({count, patches, dim}));
}

}  // namespace qamro::encoders::htsat
