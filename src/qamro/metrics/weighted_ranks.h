#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "qamro/metrics/metric.h"

namespace qamro::metrics {

// Counts at positions 0 … n-1, with the sum below a position. Adding and summing take a few vector
// instructions each: it is a tree of blocks of 32, each of which holds the sums to the left of its children.
class PrefixCounts {
 public:
  // Sets all counts to 0.
  void reset(std::size_t positions) {
    depths_ = 0;
    for (std::size_t size = positions; depths_ == 0 || size > 1; size = (size + kBlock - 1) / kBlock) {
      if (sums_.size() <= depths_) sums_.emplace_back();
      sums_[depths_++].assign((size + kBlock - 1) / kBlock * kBlock, 0);
    }
  }

  void add(std::uint32_t position, std::uint32_t count) {
    for (std::size_t depth = 0; depth < depths_; ++depth, position /= kBlock) {
      const auto& is_right = kRightOf[position % kBlock];
      std::uint32_t* block = sums_[depth].data() + position / kBlock * std::size_t{kBlock};
      for (std::size_t i = 0; i < kBlock; ++i) block[i] += count & is_right[i];
    }
  }

  // Sum of the counts at smaller positions. The sum of all counts must be below 2^32.
  std::uint32_t below(std::uint32_t position) const {
    std::uint32_t sum = 0;
    for (std::size_t depth = 0; depth < depths_; ++depth, position /= kBlock) sum += sums_[depth][position];
    return sum;
  }

 private:
  static constexpr std::uint32_t kBlock = 32;
  using Masks = std::array<std::array<std::uint32_t, kBlock>, kBlock>;

  // [i][j]: all bits where j > i.
  static constexpr Masks kRightOf = [] {
    Masks masks{};
    for (std::size_t i = 0; i < kBlock; ++i)
      for (std::size_t j = i + 1; j < kBlock; ++j) masks[i][j] = ~std::uint32_t{0};
    return masks;
  }();

  std::vector<std::vector<std::uint32_t>> sums_;  // [depth][position / 32^depth]
  std::size_t depths_ = 0;
};

// Kendall's tau-b and Spearman's correlation of pairs that occur several times, without sorting for each
// resample: what stays the same between resamples (the order of the predictions, the levels of the labels) is
// sorted once. The results equal those of ktau() and srcc() on the pairs written out.

// A series in rising order.
struct SortedOrder {
  std::vector<std::uint32_t> order;  // positions, the smallest value first; equal values keep their order
  std::vector<std::uint32_t> group_ends;  // where each run of equal values ends in `order`

  explicit SortedOrder(std::span<const double> values);
};

// The rank of each number among the distinct values, from 0 for the smallest.
struct Levels {
  std::vector<std::uint32_t> level;  // [value]
  std::uint32_t count = 0;

  explicit Levels(std::span<const double> values);
  Levels() = default;
};

// All pairs in the order of the predictions.
struct OrderedPairs {
  std::span<const std::uint32_t> group_ends;  // ends of the runs of equal predictions
  std::span<const std::uint32_t> level;       // [pair] level of the label
  std::uint32_t levels = 0;
  std::span<const std::uint32_t> times;  // [pair] how often it occurs; the sum is below 2^31
};

// Working memory, kept from one call to the next.
struct RankScratch {
  PrefixCounts below;
  std::vector<std::uint32_t> at_level;
  std::vector<std::int64_t> label_rank;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> group;
};

struct RankMetrics {
  MetricValue srcc;
  MetricValue ktau;
};

// Undefined for the same reasons as srcc() and ktau(): fewer than 2 values, a constant side.
RankMetrics weighted_rank_metrics(const OrderedPairs& pairs, RankScratch& scratch);

}  // namespace qamro::metrics
