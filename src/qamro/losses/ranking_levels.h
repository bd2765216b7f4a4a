#pragma once

#include <span>

#include "qamro/losses/ranking_kernel.h"

namespace qamro::losses {

// pairwise_hinge where a pair's weight is that of its element of the higher quality (Eq. 3), whatever the
// order of the qualities:
//
//   sum over pairs of  mass[hi] * mass[lo] * w(max(quality[hi], quality[lo])) * relu(margin + margin_scale *
//   …) w(q) = 1 + (preference_factor - 1) * q
//
// Where the quality rises with the target, as in the paper, that is pairwise_hinge itself, and so it is
// computed. The published track 2 tables give one quality to each interval of the labels, in no such order:
// then w(max(q_i, q_j)) = w(q_k) - sum over levels m of (w(q_m) - w(q_(m-1))) [both qualities lie below q_m],
// for the k distinct qualities q_1 < … < q_k, so that k nested subsets take a walk each: O(k n log n).
// Arguments and errors as for pairwise_hinge.
PairwiseHingeSum pairwise_hinge_max_quality(std::span<const double> prediction,
                                            std::span<const double> target, std::span<const double> quality,
                                            double preference_factor, double margin, double margin_scale,
                                            std::span<double> gradient, std::span<const double> mass = {});

}  // namespace qamro::losses
