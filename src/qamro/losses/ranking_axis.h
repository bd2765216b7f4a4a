#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "qamro/losses/ranking_kernel.h"
#include "qamro/losses/ranking_options.h"

namespace qamro::losses {

// One axis of a batch; vectors of the same length, or empty where stated. A target of NaN is no label.
struct RankingAxis {
  std::vector<double> prediction, target;
  std::vector<double> weight;       // of each element, finite, >= 0; empty: all 1
  std::vector<std::int64_t> group;  // empty: one group
};

struct AxisRankingLoss {
  double value = 0;              // reduced as the options say; 0 without a pair
  std::vector<double> gradient;  // per prediction; 0 for elements without a label
  std::uint64_t pairs = 0;       // pairs that count: different labels, in scope
};

// A pair's weight is the product of its elements' weights; the mean over the pairs that count is weighted
// with it. options must have been validated. Throws InvalidInput for a label outside of quality_range.
AxisRankingLoss ranking_loss_of_axis(const RankingAxis& axis, const RankingOptions& options);

}  // namespace qamro::losses
