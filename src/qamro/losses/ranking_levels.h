#pragma once

#include <span>

#include "qamro/losses/ranking_kernel.h"

namespace qamro::losses {

// pairwise_hinge for weights that belong to both elements of a pair:
//
//   sum over pairs of  mass[hi] * mass[lo] * max(weight[hi], weight[lo]) * relu(margin + margin_scale * …)
//
// Where the weight rises with the target, as in the paper's Eq. 3, that is pairwise_hinge itself, and so it
// is computed. The published track 2 tables give one weight to each interval of the labels, in no such order:
// then max(w_i, w_j) = w_k - sum over levels m of (w_m - w_(m-1)) [both weights lie below w_m], for the k
// distinct weights w_1 < … < w_k, so that k nested subsets take a walk each: O(k n log n). Arguments and
// errors as for pairwise_hinge.
PairwiseHingeSum pairwise_hinge_max_weight(std::span<const double> prediction, std::span<const double> target,
                                           std::span<const double> weight, double margin, double margin_scale,
                                           std::span<double> gradient, std::span<const double> mass = {});

}  // namespace qamro::losses
