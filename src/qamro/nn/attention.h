#pragma once

#include <cstdint>

#include "qamro/nn/arithmetic.h"

namespace qamro::nn {

// One head's queries, keys and values for one window: [rows, head_dim] each, `stride` numbers from row to
// row, of the arithmetic's type (Arithmetic::rows). The queries are already scaled.
struct AttentionHead {
  const void *queries, *keys, *values;
  std::int64_t stride, rows, head_dim;
  // Added to the score of query i with key j: gates[i] * bias[i * bias_stride + j]. A null bias adds nothing;
  // null gates mean 1.
  const float* bias = nullptr;
  std::int64_t bias_stride = 0;
  const float* gates = nullptr;
  // The result: [rows, head_dim] of the same type.
  void* mixed = nullptr;
  std::int64_t mixed_stride = 0;
};

// softmax(Q Kᵀ + gates * bias) V. Scores, their maxima and sums are float32. Only one block of queries has
// its scores in memory at a time, so that it meets all keys in cache. A processor that is plain or of tier
// portable computes all scores at once, in float64. On the calling thread, inference only. Thread-safe.
void attend(const AttentionHead& head, const Arithmetic& arithmetic);

}  // namespace qamro::nn
