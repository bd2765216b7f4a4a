#pragma once

#include <span>

#include "qamro/losses/ranking_kernel.h"

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

}  // namespace qamro::losses
