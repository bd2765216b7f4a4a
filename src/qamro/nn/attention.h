#pragma once

#include <cstdint>

#include "qamro/nn/arithmetic.h"

namespace qamro::nn {

// One head's queries, keys and values of one window: [rows, head_dim] each, a row `stride` numbers behind the
// one before, of the arithmetic's type (Arithmetic::rows). The queries are scaled already.
struct AttentionHead {
  const void *queries, *keys, *values;
  std::int64_t stride, rows, head_dim;
  // Added to the scores of query i with key j: gates[i] * bias[i * bias_stride + j]. Null: none. Null
  // gates: 1.
  const float* bias = nullptr;
  std::int64_t bias_stride = 0;
  const float* gates = nullptr;
  // [rows, head_dim] of the same type.
  void* mixed = nullptr;
  std::int64_t mixed_stride = 0;
};

// softmax(Q Kᵀ + gates * bias) V. Scores, their maxima and sums are float32; nothing of the size of all
// scores is kept: some queries at a time meet all keys in cache. On the calling thread, inference only.
// Thread-safe.
void attend(const AttentionHead& head, const Arithmetic& arithmetic);

}  // namespace qamro::nn
