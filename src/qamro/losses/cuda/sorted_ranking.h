#pragma once

#include <utility>
#include <vector>

#include "qamro/losses/cuda/halving_level.h"
#include "qamro/losses/cuda/pair_term.h"

namespace qamro::losses::device {

// Determines an element's mass, and its weight as the higher one of a pair, in one walk over all pairs. A
// quality that rises with the target takes one walk. A table that does not (ranking_axis.h) takes one walk
// over all elements with the highest level's weight, then one per further level over the elements below it.
struct WalkWeights {
  enum class Kind { kOwnQuality, kHighestLevel, kBelowLevel };
  Kind kind = Kind::kOwnQuality;
  double level = 0, level_before = 0;  // values of the table
};

struct SortedInput {
  const RankedElement* elements;
  std::size_t n;
  const BatchExtents* extents;
  QualityRule quality;
  PairRule rule;
  std::vector<WalkWeights> walks;
};

// The quality of a level; for a level outside the batch's values, the nearest one.
QAMRO_HOST_DEVICE inline double level_quality(double level, const QualityRule& rule, const Extent& batch) {
  const double nearest = level < batch.low ? batch.low : level > batch.high ? batch.high : level;
  return rule.quality(nearest, batch);
}

// 0 for an element that does not take part.
QAMRO_HOST_DEVICE inline double walk_weight(const WalkWeights& walk, const RankedElement& element,
                                            const QualityRule& rule, const Extent& batch, double factor) {
  if (walk.kind == WalkWeights::Kind::kOwnQuality) return preference(element.quality, factor);
  const double level = level_quality(walk.level, rule, batch);
  if (walk.kind == WalkWeights::Kind::kHighestLevel) return preference(level, factor);
  if (!(element.quality < level)) return 0.0;
  return preference(level, factor) - preference(level_quality(walk.level_before, rule, batch), factor);
}

// All elements in the order of z within their group, without weights.
inline void place_elements(const Execution& execution, const SortedInput& input, const SortedLayout& layout,
                           WalkElement* placed) {
  const std::uint32_t *by_z = layout.by_z.data(), *start = layout.start.data(), *stop = layout.stop.data();
  const std::uint32_t* rank = layout.rank.data();
  const RankedElement* elements = input.elements;
  const double margin = input.rule.margin;
  for_each_index(execution, input.n, [=] QAMRO_HOST_DEVICE(std::size_t k) {
    const std::uint32_t index = by_z[k];
    const double z = orderly(elements[index].z);
    // How many elements at the group's start satisfy `before`.
    const auto search = [&](const auto& before) {
      std::uint32_t low = start[k], high = stop[k];
      while (low < high) {
        const std::uint32_t middle = low + (high - low) / 2;
        if (before(orderly(elements[by_z[middle]].z)))
          low = middle + 1;
        else
          high = middle;
      }
      return low - start[k];
    };
    const std::uint32_t below = search([=](double other) { return other < z + margin; });
    const std::uint32_t limited = search([=](double other) { return other + margin <= z; });
    placed[k] = {z, 0.0, 0.0, index, rank[index], start[k], stop[k], below, limited};
  });
}

inline void weigh_elements(const Execution& execution, const SortedInput& input, const WalkWeights& walk,
                           const WalkElement* placed, WalkElement* weighed) {
  const RankedElement* elements = input.elements;
  const BatchExtents* extents = input.extents;
  const QualityRule quality = input.quality;
  const double factor = input.rule.preference_factor;
  for_each_index(execution, input.n, [=] QAMRO_HOST_DEVICE(std::size_t k) {
    WalkElement element = placed[k];
    const RankedElement& of = elements[element.index];
    const bool takes_part = walk.kind != WalkWeights::Kind::kBelowLevel ||
                            of.quality < level_quality(walk.level, quality, extents->value);
    element.mass = takes_part ? of.mass : 0.0;
    element.weight = element.mass * walk_weight(walk, of, quality, extents->value, factor);
    weighed[k] = element;
  });
}

// How many bits the ranks of n elements take.
inline unsigned rank_bits(std::size_t n) {
  unsigned bits = 0;
  while (n > std::size_t{1} << bits) ++bits;
  return bits;
}

// Adds the hinges over the pairs within groups (over all pairs if not `grouped`), times `sign`, to value and
// gradient [index]. *sum becomes the pairs' number and mass.
inline void walk_pairs(const Execution& execution, const SortedInput& input, bool grouped, double sign,
                       double* value, double* gradient, RankingSum* sum) {
  const std::size_t n = input.n;
  const SortedLayout layout(execution, n);
  sort_elements(execution, input.elements, n, grouped, layout);
  find_segments(execution, input.elements, n, grouped, layout);
  count_pairs(execution, input.elements, n, layout, sum);
  const Buffer<WalkElement> placed(execution, n), first(execution, n), second(execution, n);
  place_elements(execution, input, layout, placed.data());
  const LevelBuffers buffers(execution, n);
  for (const WalkWeights& walk : input.walks) {
    const double walk_sign = walk.kind == WalkWeights::Kind::kBelowLevel ? -sign : sign;
    WalkElement *elements = first.data(), *parted = second.data();
    weigh_elements(execution, input, walk, placed.data(), elements);
    for (unsigned bit = rank_bits(n); bit-- > 0;) {
      partition(execution, elements, n, bit, parted, buffers);
      sum_segments(execution, parted, n, buffers);
      add_crossing_pairs(execution, parted, n, bit, input.rule.margin, walk_sign, buffers, value, gradient);
      std::swap(elements, parted);
    }
  }
}

// Computes *sum from the elements' values and from the pairs: all, or all except those within groups. Without
// any such pair, value and gradient become 0.
inline void sum_walks(const Execution& execution, const SortedInput& input, const double* value,
                      const RankingSum* pairs, const RankingSum* pairs_within, double* gradient,
                      RankingSum* sum) {
  const RankedElement* elements = input.elements;
  const std::size_t n = input.n;
  const double margin = input.rule.margin;
  const auto load = [=] QAMRO_HOST_DEVICE(std::size_t i) {
    return RankingSum{value[i], 0.0, 0, overflows(elements[i].z, margin) ? kDifferenceOverflows : 0U};
  };
  reduce<RankingSum>(execution, n, load, sum);
  for_each_index(execution, n + 1, [=] QAMRO_HOST_DEVICE(std::size_t i) {
    const std::int64_t within = pairs_within == nullptr ? 0 : pairs_within->pairs;
    const bool any = pairs->pairs > within;
    if (i < n) {
      if (!any) gradient[i] = 0;
      return;
    }
    // A rounding remainder must not look like a loss if no pair is left.
    sum->value = any && sum->value > 0 ? sum->value : 0.0;
    sum->pairs = pairs->pairs - within;
    sum->mass = any ? pairs->mass - (pairs_within == nullptr ? 0.0 : pairs_within->mass) : 0.0;
  });
}

// Writes the sum over pairs to *sum and its gradient to gradient, [n]. This is ranking_kernel.cpp's halving,
// level by level instead of block by block: each bit of the targets' ranks, from the highest, splits every
// segment in two, and scans sum the pairs between its halves. Equal targets have equal ranks, and never part.
inline void sorted_ranking(const Execution& execution, const SortedInput& input, double* gradient,
                           RankingSum* sum) {
  const Buffer<double> values(execution, input.n);
  const Buffer<RankingSum> pairs(execution, 2);
  double* value = values.data();
  for_each_index(execution, input.n, [=] QAMRO_HOST_DEVICE(std::size_t i) { value[i] = gradient[i] = 0; });
  const PairScope scope = input.rule.scope;
  RankingSum* within = scope == PairScope::kAcrossGroups ? pairs.data() + 1 : nullptr;
  walk_pairs(execution, input, scope == PairScope::kWithinGroups, 1.0, value, gradient, pairs.data());
  if (within != nullptr) walk_pairs(execution, input, true, -1.0, value, gradient, within);
  sum_walks(execution, input, value, pairs.data(), within, gradient, sum);
}

}  // namespace qamro::losses::device
