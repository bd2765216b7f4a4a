#pragma once

#include "qamro/losses/cuda/sorted_layout.h"

namespace qamro::losses::device {

// The elements are in segments, each of one group and of target ranks that agree above some bit, sorted by z.
// Like Element of ranking_kernel.cpp, but positions refer to the whole array and counts to the segment.
struct WalkElement {
  double z;
  double mass;
  double weight;  // as the higher one of a pair, times its mass
  std::uint32_t index, rank;
  std::uint32_t start, stop;  // of the segment
  std::uint32_t below,
      limited;  // how many first elements have z < own z + margin; z + margin <= own z
};

constexpr std::uint32_t kNowhere = 0xffffffff;

// The low elements so far in a segment. `reach` is the sum over them of mass times distance below z.
struct Lows {
  double mass = 0, reach = 0, z = 0;
  bool head = false;
};
QAMRO_HOST_DEVICE inline Lows combine(const Lows& a, const Lows& b) {
  if (b.head) return b;
  return {a.mass + b.mass, a.reach + a.mass * (b.z - a.z) + b.reach, b.z, a.head};
}

struct Count {
  std::uint32_t value = 0;
};
QAMRO_HOST_DEVICE inline Count combine(Count a, Count b) {
  return {a.value + b.value};
}

// What a level needs besides the elements.
struct LevelBuffers {
  Buffer<std::uint32_t> lows;      // [n + 1] low elements before a position
  Buffer<std::uint32_t> crossing;  // [n] where the other half meets this element, see partition
  Buffer<double> mass, reach;      // [n] of Lows
  Buffer<double> weight_above;     // [n] sum of the weights from here to the segment's end

  LevelBuffers(const Execution& execution, std::size_t n)
      : lows(execution, n + 1),
        crossing(execution, n),
        mass(execution, n),
        reach(execution, n),
        weight_above(execution, n) {}
};

// Splits each segment by a bit of the ranks into a low and a high half, stably, into `parted`. crossing[to]
// becomes the last low element that is active with a high one, and the first high element that is active with
// a low one, or kNowhere if there is none.
inline void partition(const Execution& execution, const WalkElement* elements, std::size_t n, unsigned bit,
                      WalkElement* parted, const LevelBuffers& buffers) {
  std::uint32_t *lows = buffers.lows.data(), *crossing = buffers.crossing.data();
  const auto is_low = [=] QAMRO_HOST_DEVICE(std::size_t i) {
    return Count{i > 0 && (elements[i - 1].rank >> bit) % 2 == 0 ? 1U : 0U};
  };
  scan<Count>(execution, n + 1, is_low,
              [=] QAMRO_HOST_DEVICE(std::size_t i, Count count) { lows[i] = count.value; });
  for_each_index(execution, n, [=] QAMRO_HOST_DEVICE(std::size_t i) {
    WalkElement element = elements[i];
    const std::uint32_t start = element.start, before = lows[start];
    const std::uint32_t boundary = start + lows[element.stop] - before;
    const std::uint32_t lows_here = lows[i] - before;
    const std::uint32_t lows_below = lows[start + element.below] - before;
    const std::uint32_t lows_limited = lows[start + element.limited] - before;
    if ((element.rank >> bit) % 2 == 0) {
      const std::uint32_t to = start + lows_here;
      const std::uint32_t first_active = boundary + element.limited - lows_limited;
      crossing[to] = first_active < element.stop ? first_active : kNowhere;
      element.stop = boundary;
      element.below = lows_below;
      element.limited = lows_limited;
      parted[to] = element;
    } else {
      const std::uint32_t to = boundary + static_cast<std::uint32_t>(i) - start - lows_here;
      crossing[to] = lows_below > 0 ? start + lows_below - 1 : kNowhere;
      element.start = boundary;
      element.below -= lows_below;
      element.limited -= lows_limited;
      parted[to] = element;
    }
  });
}

inline void sum_segments(const Execution& execution, const WalkElement* parted, std::size_t n,
                         const LevelBuffers& buffers) {
  double *mass = buffers.mass.data(), *reach = buffers.reach.data(), *above = buffers.weight_above.data();
  const auto upwards = [=] QAMRO_HOST_DEVICE(std::size_t i) {
    return Lows{parted[i].mass, 0.0, parted[i].z, parted[i].start == i};
  };
  const auto downwards = [=] QAMRO_HOST_DEVICE(std::size_t from_end) {
    const std::size_t i = n - 1 - from_end;
    return SegmentSum{parted[i].weight, parted[i].stop == i + 1};
  };
  scan<Lows>(execution, n, upwards, [=] QAMRO_HOST_DEVICE(std::size_t i, const Lows& sums) {
    mass[i] = sums.mass;
    reach[i] = sums.reach;
  });
  scan<SegmentSum>(execution, n, downwards, [=] QAMRO_HOST_DEVICE(std::size_t from_end, const SegmentSum& s) {
    above[n - 1 - from_end] = s.sum;
  });
}

// Adds the pairs between the two halves of each segment, times `sign`, to value and gradient [index].
inline void add_crossing_pairs(const Execution& execution, const WalkElement* parted, std::size_t n,
                               unsigned bit, double margin, double sign, const LevelBuffers& buffers,
                               double* value, double* gradient) {
  const std::uint32_t* crossing = buffers.crossing.data();
  const double *mass = buffers.mass.data(), *reach = buffers.reach.data();
  const double* above = buffers.weight_above.data();
  for_each_index(execution, n, [=] QAMRO_HOST_DEVICE(std::size_t i) {
    const std::uint32_t other = crossing[i];
    if (other == kNowhere) return;
    const WalkElement& own = parted[i];
    if ((own.rank >> bit) % 2 == 0) {
      gradient[own.index] += sign * own.mass * above[other];
      return;
    }
    const double step = own.z + margin - parted[other].z;
    value[own.index] += sign * own.weight * (reach[other] + mass[other] * step);
    gradient[own.index] -= sign * own.weight * mass[other];
  });
}

}  // namespace qamro::losses::device
