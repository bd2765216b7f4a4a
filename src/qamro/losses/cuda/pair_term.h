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

struct PairRule {
  double margin = 0;
  double preference_factor = 1;
  PairScope scope = PairScope::kAll;

  QAMRO_HOST_DEVICE bool in_scope(const RankedElement& a, const RankedElement& b) const {
    return scope == PairScope::kAll || (a.group == b.group) == (scope == PairScope::kWithinGroups);
  }
};

// One element's share of its pairs.
struct ElementShare {
  RankingSum sum;  // over the pairs in which it is the higher one, so that each pair is counted once
  double gradient = 0;
};

// Eq. 1 to 3 for one pair: adds the share of `own`.
QAMRO_HOST_DEVICE inline void add_pair(const PairRule& rule, const RankedElement& own,
                                       const RankedElement& other, ElementShare& share) {
  const bool higher = own.target > other.target;
  const bool lower = own.target < other.target;  // neither if a target is NaN
  if (!(higher || lower) || !rule.in_scope(own, other)) return;
  const double mass = own.mass * other.mass;
  const double hinge = higher ? own.z + rule.margin - other.z : other.z + rule.margin - own.z;
  const double quality = own.quality > other.quality ? own.quality : other.quality;
  const double weight = hinge > 0 ? mass * preference(quality, rule.preference_factor) : 0.0;
  share.gradient += higher ? -weight : weight;
  if (!higher) return;
  share.sum.value += weight * hinge;
  share.sum.mass += mass;
  share.sum.pairs += 1;
}

}  // namespace qamro::losses::device
