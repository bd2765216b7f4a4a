#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "qamro/losses/ranking_options.h"

namespace qamro::losses {

struct PairwiseHingeSum {
  double value = 0;         // sum over pairs, not the mean
  std::uint64_t pairs = 0;  // pairs with different targets, active or not
  double pair_mass = 0;     // sum of mass[hi] * mass[lo] over those pairs; equal to `pairs` without masses
};

// The pairwise ranking hinge over all pairs with different targets, in O(n log n) time and O(n) memory:
//
//   sum over pairs of  mass[hi] * mass[lo] * weight[hi]
//     * relu(margin + margin_scale * (target[hi] - target[lo]) - (prediction[hi] - prediction[lo]))
//
// where `hi` is the pair's element with the higher target (QAMRO, arXiv 2508.08957, Eq. 1 to 3; there
// w_ij = 1 + (preference_factor - 1) * max(q_i, q_j), and the maximum is q_hi because q rises with the
// target). gradient[i] becomes the derivative of that sum in prediction[i]; a hinge of exactly 0 has
// derivative 0, as in torch.relu.
//
// All spans have the same length n < 2^32 - 1; values are finite, weights and masses >= 0. An empty `mass`
// means masses of 1. An element of mass 2 counts as two elements that do not pair with each other.
// Throws InvalidInput if lengths differ or the numbers are so large that a margin or difference overflows.
//
// How: with z = margin_scale * target - prediction, a hinge is relu(margin + z[hi] - z[lo]). Elements are
// sorted by z once; then the targets are halved repeatedly. Each halving is one pass in the order of z, which
// gives every element of the higher half the number and the sum of the lower ones with
// z[lo] < margin + z[hi], and every element of the lower half the weight of the higher ones that it is active
// with. Equal targets are never separated, so they never form a pair. All sums have terms of one sign, so
// nothing cancels.
PairwiseHingeSum pairwise_hinge(std::span<const double> prediction, std::span<const double> target,
                                std::span<const double> weight, double margin, double margin_scale,
                                std::span<double> gradient, std::span<const double> mass = {});

// Eq. 3's quality: the targets, min-max normalised to [0, 1]; all 0 if they are all equal.
std::vector<double> min_max_quality(std::span<const double> target);

// Eq. 3's weight of each element as the higher one of a pair: 1 + (preference_factor - 1) * quality.
std::vector<double> preference_weight(std::span<const double> quality, double preference_factor);

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
