#pragma once

#include <cstdint>
#include <span>
#include <vector>

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

}  // namespace qamro::losses
