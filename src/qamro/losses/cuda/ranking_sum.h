#pragma once

#include <algorithm>

#include "qamro/losses/cuda/prepared_axis.h"

namespace qamro::losses::device {

// Sums over pairs, or over the pairs of one element.
struct RankingSum {
  double value = 0;
  double mass = 0;  // products of the pairs' masses
  std::int64_t pairs = 0;
  std::uint32_t problems = 0;
};

QAMRO_HOST_DEVICE inline RankingSum combine(const RankingSum& a, const RankingSum& b) {
  return {a.value + b.value, a.mass + b.mass, a.pairs + b.pairs, a.problems | b.problems};
}

// Divides by the mass if `mean`, and writes the result, or NaN if there is a problem. Before the call,
// loss.gradient holds the sum's derivatives, and sum->problems what has gone wrong so far.
inline void finish(const Execution& execution, std::size_t n, const RankingSum* sum,
                   const BatchExtents* extents, bool mean, const DeviceRankingLoss& loss) {
  for_each_index(execution, n + 1, [=] QAMRO_HOST_DEVICE(std::size_t i) {
    const std::uint32_t problems = sum->problems | extents->problems;
    const double divisor = problems != 0 ? kNaN : mean && sum->mass > 0 ? sum->mass : 1.0;
    if (i < n) {
      loss.gradient[i] /= divisor;
      return;
    }
    *loss.value = sum->value / divisor;
    if (loss.pairs != nullptr) *loss.pairs = sum->pairs;
    if (loss.problems != nullptr) *loss.problems = problems;
  });
}

}  // namespace qamro::losses::device
