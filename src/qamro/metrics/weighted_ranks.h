#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "qamro/metrics/metric_value.h"
#include "qamro/metrics/prefix_counts.h"

namespace qamro::metrics {

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
