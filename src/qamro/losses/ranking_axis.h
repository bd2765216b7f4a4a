#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "qamro/losses/ranking_kernel.h"
#include "qamro/losses/ranking_options.h"

namespace qamro::losses {

// pairwise_hinge where the element of the higher quality gives a pair its weight (Eq. 3), whatever the order
// of the qualities:
//
//   sum over pairs of  mass[hi] * mass[lo] * w(max(quality[hi], quality[lo]))
//     * relu(margin + margin_scale * …),   w(q) = 1 + (preference_factor - 1) * q
//
// If the quality rises with the target, as in the paper, this is pairwise_hinge itself, and is computed as
// such. The published track 2 tables give one quality to each interval of the labels, in no such order. Then
// w(max(q_i, q_j)) = w(q_k) - sum over levels m of (w(q_m) - w(q_(m-1))) [both qualities are below q_m], for
// the k distinct qualities q_1 < … < q_k, so that each of k nested subsets takes one walk: O(k n log n).
// Arguments and errors as for pairwise_hinge.
PairwiseHingeSum pairwise_hinge_max_quality(std::span<const double> prediction,
                                            std::span<const double> target, std::span<const double> quality,
                                            double preference_factor, double margin, double margin_scale,
                                            std::span<double> gradient, std::span<const double> mass = {});

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
