#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "qamro/core/export.h"
#include "qamro/losses/option_checks.h"

namespace qamro::losses {

// The listwise losses of one axis of a batch, without torch: value and derivative in each prediction in one
// go. The C++ autograd functions (listwise.h) and the operators of the Python package share
// them; those headers give the formulas and the papers.

// How much each position of the list counts, the best label first.
enum class PositionWeights {
  kUniform,      // ListMLE
  kExponential,  // p-ListMLE: 2^(m - i) - 1 at position i = 1 ... m; the loss of the top outweighs all others
  kGiven,        // ListMleOptions::weights
};

struct QAMRO_API ListMleOptions {
  PositionWeights position_weights = PositionWeights::kUniform;
  // kGiven: weights of positions 1, 2, ..., finite and > 0, at least one per row of pred. Otherwise empty.
  std::vector<double> weights;

  // Throws InvalidInput, which names the option.
  void validate() const;
  // Throws InvalidInput for kGiven with fewer than `rows` weights.
  void check_rows(std::size_t rows) const;
};

// A pair's weight: how much this metric would change if the two swapped places in the ranking by `pred` and
// all else stayed.
enum class SwapMetric {
  kNdcg,      // |gain_i - gain_j| * |discount_i - discount_j| / the DCG of the best ranking
  kSpearman,  // Spearman's rho: |(r_i - r_j) (y_i - y_j)| / sqrt(S_r S_y), where S_r and S_y are the sums of
              // squared deviations of the ranks r of pred and the midranks y of the labels. Without equal
              // labels this is 6 / (m (m^2 - 1)) * 2 |(r_i - r_j) (y_i - y_j)|.
};

enum class Gain { kExponential, kLinear };  // 2^label - 1; label

struct QAMRO_API LambdaRankOptions {
  SwapMetric metric = SwapMetric::kNdcg;
  double sigma = 1.0;              // steepness, in 1 / units of pred, finite and > 0
  Gain gain = Gain::kExponential;  // of kNdcg
  int64_t truncation = 0;          // of kNdcg: ranks beyond it have discount 0; 0: all ranks count
  // Over the pairs of an axis: kSum is the papers', kMean divides by the number of pairs with different
  // labels. Several axes are averaged with either.
  Reduction reduction = Reduction::kSum;

  // Throws InvalidInput, which names the option.
  void validate() const;
};

// Each returns the loss and writes its derivative in each prediction. The spans have the same length, m >= 2;
// values are finite, two targets differ, and options have been validated. Overflow gives a loss that is not
// finite. Throws InvalidInput for labels without a gain (lambda_rank) or too few weights (listmle).
double listnet_of_axis(std::span<const double> prediction, std::span<const double> target, double temperature,
                       std::span<double> gradient);
double listmle_of_axis(std::span<const double> prediction, std::span<const double> target,
                       const ListMleOptions& options, std::span<double> gradient);
double ranknet_of_axis(std::span<const double> prediction, std::span<const double> target, double sigma,
                       std::span<double> gradient);
double lambda_rank_of_axis(std::span<const double> prediction, std::span<const double> target,
                           const LambdaRankOptions& options, std::span<double> gradient);
double spearman_of_axis(std::span<const double> prediction, std::span<const double> target,
                        double regularization_strength, std::span<double> gradient);

// One of the above with its options.
using ListwiseKernel = std::function<double(std::span<const double> prediction,
                                            std::span<const double> target, std::span<double> gradient)>;

struct ListwiseAxisLoss {
  double value = 0;
  std::vector<double> gradient;  // per prediction; 0 for elements without a label
  bool counts = false;           // whether two labels differ; if not, value and gradient are 0
};

// The loss of an axis whose missing labels are NaN: `kernel` sees the labelled elements, in their order.
ListwiseAxisLoss listwise_loss_of_axis(std::span<const double> prediction, std::span<const double> target,
                                       const ListwiseKernel& kernel);

}  // namespace qamro::losses
