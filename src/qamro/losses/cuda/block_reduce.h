#pragma once

#include <algorithm>
#include <cstddef>

#include "qamro/losses/cuda/execution.h"

namespace qamro::losses::device {

// combine(load(0), load(1), …, load(n - 1)) in a tree that depends on n alone, without atomics, so that every
// run gives the same bits. combine(T, T) is found by argument-dependent lookup. It commutes, and T() is its
// neutral element.
template <class T, class Load>
struct BlockReduce {
  static constexpr unsigned kThreads = 256;
  static constexpr unsigned kHalvings = 8;
  struct Shared {
    T partial[kThreads];
  };
  struct Registers {};

  Load load;
  std::size_t n;
  unsigned blocks;
  T* result;  // [blocks]

  QAMRO_HOST_DEVICE unsigned phases() const { return kHalvings + 2; }

  QAMRO_HOST_DEVICE void run(unsigned phase, const ThreadPlace& place, Shared& shared, Registers&) const {
    T& own = shared.partial[place.thread];
    if (phase == 0) {
      T sum = T();
      const std::size_t step = std::size_t{blocks} * kThreads;
      for (std::size_t i = std::size_t{place.block_x} * kThreads + place.thread; i < n; i += step)
        sum = combine(sum, load(i));
      own = sum;
    } else if (phase <= kHalvings) {
      const unsigned half = kThreads >> phase;
      if (place.thread < half) own = combine(own, shared.partial[place.thread + half]);
    } else if (place.thread == 0) {
      result[place.block_x] = own;
    }
  }
};

template <class T>
struct LoadFrom {
  const T* values;
  QAMRO_HOST_DEVICE T operator()(std::size_t i) const { return values[i]; }
};

// result: [1]; the neutral element for n == 0.
template <class T, class Load>
void reduce(const Execution& execution, std::size_t n, const Load& load, T* result) {
  constexpr std::size_t kMaxBlocks = 512, kPerBlock = 1024;
  const auto blocks =
      static_cast<unsigned>(std::clamp<std::size_t>((n + kPerBlock - 1) / kPerBlock, 1, kMaxBlocks));
  const Buffer<T> partial(execution, blocks);
  launch(execution, BlockReduce<T, Load>{load, n, blocks, partial.data()}, {blocks, 1});
  launch(execution, BlockReduce<T, LoadFrom<T>>{{partial.data()}, blocks, 1, result}, {1, 1});
}

}  // namespace qamro::losses::device
