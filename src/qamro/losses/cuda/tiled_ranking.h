#pragma once

#include "qamro/losses/cuda/pair_term.h"

namespace qamro::losses::device {

// All pairs: each thread owns an element and walks others, a tile at a time. A block takes 128 owners
// (block_x) and one of `splits` shares of the tiles (block_y), so that even few elements keep many
// threads busy.
struct TiledPairs {
  static constexpr unsigned kThreads = 128;
  struct Shared {
    RankedElement tile[kThreads];
  };
  struct Registers {
    RankedElement own;
    ElementShare share;
  };

  PairRule rule;
  const RankedElement* elements;
  std::size_t n;
  unsigned tiles_per_split;
  ElementShare* shares;  // [splits, n]

  // Two per tile, to load it and to walk it, and one to store.
  QAMRO_HOST_DEVICE unsigned phases() const { return 2 * tiles_per_split + 1; }

  QAMRO_HOST_DEVICE void run(unsigned phase, const ThreadPlace& place, Shared& shared,
                             Registers& held) const {
    const std::size_t owner = std::size_t{place.block_x} * kThreads + place.thread;
    if (phase == 0) {
      held.own = element(owner);
      held.share = ElementShare();
    }
    if (phase == 2 * tiles_per_split) {
      if (owner < n) shares[place.block_y * n + owner] = held.share;
    } else if (phase % 2 == 0) {
      const std::size_t tile = std::size_t{place.block_y} * tiles_per_split + phase / 2;
      shared.tile[place.thread] = element(tile * kThreads + place.thread);
    } else {
      for (unsigned k = 0; k < kThreads; ++k) add_pair(rule, held.own, shared.tile[k], held.share);
    }
  }

 private:
  // Beyond the last element, one without a label, which has no pairs.
  QAMRO_HOST_DEVICE RankedElement element(std::size_t i) const {
    if (i < n) return elements[i];
    RankedElement none;
    none.target = kNaN;
    return none;
  }
};

// Writes the sum over pairs to *sum and its gradient to gradient, [n].
inline void tiled_ranking(const Execution& execution, const RankedElement* elements, std::size_t n,
                          const PairRule& rule, double* gradient, RankingSum* sum) {
  constexpr std::size_t kBusyBlocks = 1024, kMaxSplits = 64;
  const std::size_t tiles = (n + TiledPairs::kThreads - 1) / TiledPairs::kThreads;
  const std::size_t wanted = std::clamp<std::size_t>(tiles == 0 ? 1 : kBusyBlocks / tiles, 1, kMaxSplits);
  const std::size_t per_split = std::max<std::size_t>((tiles + wanted - 1) / wanted, 1);
  const std::size_t splits = (tiles + per_split - 1) / per_split;
  const Buffer<ElementShare> buffer(execution, splits * n);
  ElementShare* shares = buffer.data();
  if (n > 0)
    launch(execution, TiledPairs{rule, elements, n, static_cast<unsigned>(per_split), shares},
           {static_cast<unsigned>(tiles), static_cast<unsigned>(splits)});
  for_each_index(execution, n, [=] QAMRO_HOST_DEVICE(std::size_t i) {
    double total = 0;
    for (std::size_t split = 0; split < splits; ++split) total += shares[split * n + i].gradient;
    gradient[i] = total;
  });
  const double margin = rule.margin;
  const auto load = [=] QAMRO_HOST_DEVICE(std::size_t i) {
    RankingSum share = shares[i].sum;
    if (i < n && overflows(elements[i].z, margin)) share.problems |= kDifferenceOverflows;
    return share;
  };
  reduce<RankingSum>(execution, splits * n, load, sum);
}

}  // namespace qamro::losses::device
