#include "qamro/encoders/wavlm/relative_position.h"

#include <ATen/ATen.h>

#include <cmath>

namespace qamro::encoders::wavlm {

at::Tensor relative_position_buckets(const at::Tensor& relative_positions, std::int64_t buckets,
                                     std::int64_t max_distance) {
  const std::int64_t per_direction = buckets / 2, exact = per_direction / 2;
  const at::Tensor direction = (relative_positions > 0).to(at::kLong) * per_direction;
  const at::Tensor distance = relative_positions.abs();
  const double logarithms = std::log(static_cast<double>(max_distance) / static_cast<double>(exact));
  // Short distances, including 0, do not use this; the clamp only avoids log 0.
  const at::Tensor fraction = at::log(distance.clamp_min(1).to(at::kFloat) / exact) / logarithms;
  const at::Tensor wide =
      ((fraction * (per_direction - exact)).to(at::kLong) + exact).clamp_max(per_direction - 1);
  return direction + at::where(distance < exact, distance, wide);
}

at::Tensor position_bias_by_distance(const at::Tensor& embedding, std::int64_t frames,
                                     std::int64_t max_distance) {
  const at::Tensor distances = at::arange(1 - frames, frames, at::kLong);
  const at::Tensor buckets = relative_position_buckets(distances, embedding.size(0), max_distance);
  return embedding.index_select(0, buckets.to(embedding.device())).t();
}

at::Tensor position_bias(const at::Tensor& by_distance) {
  const std::int64_t frames = (by_distance.size(1) + 1) / 2;
  const at::Tensor frame = at::arange(frames, by_distance.options().dtype(at::kLong));
  const at::Tensor index = frame.unsqueeze(0) - frame.unsqueeze(1) + (frames - 1);
  return by_distance.index_select(1, index.flatten()).view({-1, frames, frames});
}

}  // namespace qamro::encoders::wavlm
