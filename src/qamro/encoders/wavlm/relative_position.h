#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace qamro::encoders::wavlm {

// Bucket of each relative position (key minus query, int64, any shape): one bucket per short distance,
// logarithmically wider ones up to max_distance, and the last for all beyond. Keys after the query are in
// the upper half. Uses the float32 arithmetic of `MultiheadAttention._relative_positions_bucket`, so that
// distances at a bucket's edge fall into the same bucket. Distances are exact in float32.
at::Tensor relative_position_buckets(const at::Tensor& relative_positions, std::int64_t buckets,
                                     std::int64_t max_distance);

// The learned bias of every relative position from -(frames - 1) to frames - 1 in turn,
// [heads, 2 frames - 1]. embedding: [buckets, heads].
at::Tensor position_bias_by_distance(const at::Tensor& embedding, std::int64_t frames,
                                     std::int64_t max_distance);

// The same for every query and key, [heads, frames, frames]: element [h, i, j] is
// by_distance[h, j - i + frames - 1]. `MultiheadAttention.compute_bias`.
at::Tensor position_bias(const at::Tensor& by_distance);

}  // namespace qamro::encoders::wavlm
