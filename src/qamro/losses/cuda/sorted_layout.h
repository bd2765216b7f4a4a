#pragma once

#include <thrust/sort.h>

#include <cstring>

#include "qamro/losses/cuda/block_scan.h"
#include "qamro/losses/cuda/pair_term.h"

namespace qamro::losses::device {

// For scans.
struct Greatest {
  std::uint32_t value = 0;
};
QAMRO_HOST_DEVICE inline Greatest combine(Greatest a, Greatest b) {
  return a.value > b.value ? a : b;
}

struct Least {
  std::uint32_t value = 0xffffffff;
};
QAMRO_HOST_DEVICE inline Least combine(Least a, Least b) {
  return a.value < b.value ? a : b;
}

// A sum that begins anew at every head, so that earlier segments cost it no digits.
struct SegmentSum {
  double sum = 0;
  bool head = false;
};
QAMRO_HOST_DEVICE inline SegmentSum combine(const SegmentSum& a, const SegmentSum& b) {
  return b.head ? b : SegmentSum{a.sum + b.sum, a.head};
}

// Integers that sort as the numbers do: -0.0 equals 0.0, and NaN comes last.
QAMRO_HOST_DEVICE inline std::uint64_t sort_key(double number) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  if (std::isnan(number)) return ~std::uint64_t{0};
  number += 0.0;
  std::uint64_t bits = 0;
  memcpy(&bits, &number, sizeof bits);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}
QAMRO_HOST_DEVICE inline std::uint64_t sort_key(std::int64_t number) {
  return static_cast<std::uint64_t>(number) ^ (std::uint64_t{1} << 63);
}

// A z that is not finite makes the whole loss NaN in the end; until then it must not lead a search astray.
QAMRO_HOST_DEVICE inline double orderly(double z) {
  return std::isfinite(z) ? z : 0.0;
}

// Sorts `order` stably by key(index). All keys have one type, so that the sort is compiled once.
template <class Key>
void stable_sort_by(const Execution& execution, std::size_t n, const Key& key, std::uint32_t* order) {
  const Buffer<std::uint64_t> buffer(execution, n);
  std::uint64_t* keys = buffer.data();
  for_each_index(execution, n, [=] QAMRO_HOST_DEVICE(std::size_t i) { keys[i] = key(order[i]); });
  thrust::stable_sort_by_key(execution_policy(execution), keys, keys + n, order);
}

// The elements' positions when sorted by group, and within a group by target or by z. Without groups, all
// elements form one group. Elements without a label come last in their group's order of targets.
struct SortedLayout {
  Buffer<std::uint32_t> by_z, by_target;  // [position] index
  Buffer<std::uint32_t> start, stop;      // [position] of its group, in both orders
  Buffer<std::uint32_t> tie_start;        // [position by target] where the elements with this target start
  Buffer<std::uint32_t> rank;             // [index] how many of its group have a lower target

  SortedLayout(const Execution& execution, std::size_t n)
      : by_z(execution, n),
        by_target(execution, n),
        start(execution, n),
        stop(execution, n),
        tie_start(execution, n),
        rank(execution, n) {}
};

inline void sort_elements(const Execution& execution, const RankedElement* elements, std::size_t n,
                          bool grouped, const SortedLayout& layout) {
  std::uint32_t *by_z = layout.by_z.data(), *by_target = layout.by_target.data();
  for_each_index(execution, n, [=] QAMRO_HOST_DEVICE(std::size_t i) {
    by_z[i] = by_target[i] = static_cast<std::uint32_t>(i);
  });
  const auto z = [=] QAMRO_HOST_DEVICE(std::uint32_t i) { return sort_key(orderly(elements[i].z)); };
  const auto target = [=] QAMRO_HOST_DEVICE(std::uint32_t i) { return sort_key(elements[i].target); };
  stable_sort_by(execution, n, z, by_z);
  stable_sort_by(execution, n, target, by_target);
  if (!grouped) return;
  const auto group = [=] QAMRO_HOST_DEVICE(std::uint32_t i) { return sort_key(elements[i].group); };
  stable_sort_by(execution, n, group, by_z);
  stable_sort_by(execution, n, group, by_target);
}

inline void find_segments(const Execution& execution, const RankedElement* elements, std::size_t n,
                          bool grouped, const SortedLayout& layout) {
  const std::uint32_t* by_target = layout.by_target.data();
  std::uint32_t *start = layout.start.data(), *stop = layout.stop.data();
  std::uint32_t *tie_start = layout.tie_start.data(), *rank = layout.rank.data();
  const auto starts_group = [=] QAMRO_HOST_DEVICE(std::size_t k) {
    return k == 0 || (grouped && elements[by_target[k]].group != elements[by_target[k - 1]].group);
  };
  const auto at_start = [=] QAMRO_HOST_DEVICE(std::size_t k) {
    return Greatest{starts_group(k) ? static_cast<std::uint32_t>(k) : 0};
  };
  const auto at_tie = [=] QAMRO_HOST_DEVICE(std::size_t k) {
    const bool starts = starts_group(k) || sort_key(elements[by_target[k]].target) !=
                                               sort_key(elements[by_target[k - 1]].target);
    return Greatest{starts ? static_cast<std::uint32_t>(k) : 0};
  };
  const auto at_stop = [=] QAMRO_HOST_DEVICE(std::size_t from_end) {
    const std::size_t next = n - from_end;
    return Least{next == n || starts_group(next) ? static_cast<std::uint32_t>(next) : 0xffffffff};
  };
  scan<Greatest>(execution, n, at_start,
                 [=] QAMRO_HOST_DEVICE(std::size_t k, Greatest g) { start[k] = g.value; });
  scan<Greatest>(execution, n, at_tie,
                 [=] QAMRO_HOST_DEVICE(std::size_t k, Greatest g) { tie_start[k] = g.value; });
  scan<Least>(execution, n, at_stop,
              [=] QAMRO_HOST_DEVICE(std::size_t k, Least l) { stop[n - 1 - k] = l.value; });
  for_each_index(execution, n,
                 [=] QAMRO_HOST_DEVICE(std::size_t k) { rank[by_target[k]] = tie_start[k] - start[k]; });
}

// *sum: number and mass of the pairs with different targets within groups.
inline void count_pairs(const Execution& execution, const RankedElement* elements, std::size_t n,
                        const SortedLayout& layout, RankingSum* sum) {
  const std::uint32_t *by_target = layout.by_target.data(), *start = layout.start.data();
  const std::uint32_t* tie_start = layout.tie_start.data();
  const Buffer<double> buffer(execution, n);
  double* mass_up_to = buffer.data();
  const auto mass = [=] QAMRO_HOST_DEVICE(std::size_t k) {
    return SegmentSum{elements[by_target[k]].mass, k == start[k]};
  };
  scan<SegmentSum>(execution, n, mass,
                   [=] QAMRO_HOST_DEVICE(std::size_t k, const SegmentSum& s) { mass_up_to[k] = s.sum; });
  const auto load = [=] QAMRO_HOST_DEVICE(std::size_t k) {
    const RankedElement& element = elements[by_target[k]];
    RankingSum own;
    if (std::isnan(element.target) || tie_start[k] == start[k]) return own;
    own.mass = element.mass * mass_up_to[tie_start[k] - 1];
    own.pairs = tie_start[k] - start[k];
    return own;
  };
  reduce<RankingSum>(execution, n, load, sum);
}

}  // namespace qamro::losses::device
