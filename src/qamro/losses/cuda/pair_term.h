#pragma once

#include "qamro/losses/cuda/ranking_sum.h"

namespace qamro::losses::device {

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
