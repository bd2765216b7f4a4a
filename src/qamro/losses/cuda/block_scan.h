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

// One tile of an inclusive scan. With `totals`, it only stores the tile's total; otherwise it stores each
// element's prefix, which begins with the previous tile's `carry`.
template <class T, class Load, class Store>
struct TileScan {
  static constexpr unsigned kThreads = 256;
  static constexpr unsigned kDoublings = 8;
  static constexpr unsigned kItems = 4;  // per thread
  static constexpr std::size_t kTile = kThreads * kItems;
  struct Shared {
    T prefix[2][kThreads];
  };
  struct Registers {
    T own[kItems];
  };

  Load load;
  Store store;
  std::size_t n;
  const T* carry;  // [tiles], inclusive; or null if there is one tile
  T* totals;       // [tiles]; or null

  QAMRO_HOST_DEVICE unsigned phases() const { return kDoublings + 2; }

  QAMRO_HOST_DEVICE void run(unsigned phase, const ThreadPlace& place, Shared& shared,
                             Registers& held) const {
    const unsigned thread = place.thread;
    if (phase == 0) {
      scan_own(first_of(place), held);
      shared.prefix[0][thread] = held.own[kItems - 1];
    } else if (phase <= kDoublings) {
      const unsigned stride = 1U << (phase - 1);
      const T* from = shared.prefix[(phase - 1) % 2];
      shared.prefix[phase % 2][thread] =
          thread >= stride ? combine(from[thread - stride], from[thread]) : from[thread];
    } else {
      finish(place, shared.prefix[kDoublings % 2], held);
    }
  }

 private:
  QAMRO_HOST_DEVICE std::size_t first_of(const ThreadPlace& place) const {
    return place.block_x * kTile + std::size_t{place.thread} * kItems;
  }

  QAMRO_HOST_DEVICE void scan_own(std::size_t first, Registers& held) const {
    T sum = T();
    for (unsigned k = 0; k < kItems; ++k) {
      if (first + k < n) sum = combine(sum, load(first + k));
      held.own[k] = sum;
    }
  }

  QAMRO_HOST_DEVICE void finish(const ThreadPlace& place, const T* prefix, const Registers& held) const {
    if (totals != nullptr) {
      if (place.thread == kThreads - 1) totals[place.block_x] = prefix[place.thread];
      return;
    }
    T before = place.block_x > 0 ? carry[place.block_x - 1] : T();
    if (place.thread > 0) before = combine(before, prefix[place.thread - 1]);
    const std::size_t first = first_of(place);
    for (unsigned k = 0; k < kItems && first + k < n; ++k) store(first + k, combine(before, held.own[k]));
  }
};

template <class T>
struct StoreTo {
  T* values;
  QAMRO_HOST_DEVICE void operator()(std::size_t i, const T& value) const { values[i] = value; }
};

// Calls store(i, combine(load(0), …, load(i))) for every i < n. combine need not commute; it is associative
// up to rounding, and T() is neutral on its left. The tree depends on n alone, so that all runs give the same
// bits. CUB's scans (and so Thrust's), which look back at whatever neighbour is ready, do not promise that
// for floating point.
template <class T, class Load, class Store>
void scan(const Execution& execution, std::size_t n, const Load& load, const Store& store) {
  using Tile = TileScan<T, Load, Store>;
  if (n == 0) return;
  const std::size_t tiles = (n + Tile::kTile - 1) / Tile::kTile;
  const Grid grid = {static_cast<unsigned>(tiles), 1};
  if (tiles == 1) return launch(execution, Tile{load, store, n, nullptr, nullptr}, grid);
  const Buffer<T> totals(execution, tiles);
  launch(execution, Tile{load, store, n, nullptr, totals.data()}, grid);
  scan<T>(execution, tiles, LoadFrom<T>{totals.data()}, StoreTo<T>{totals.data()});
  launch(execution, Tile{load, store, n, totals.data(), nullptr}, grid);
}

}  // namespace qamro::losses::device
