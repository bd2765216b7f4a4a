#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "qamro/evaluation/four_metrics.h"

namespace qamro::evaluation {

// Two predictors' scores of the same clips (or systems).
struct TwoPredictions {
  std::vector<double> first;
  std::vector<double> second;
  std::vector<double> label;
  std::vector<std::uint32_t> unit;  // [point] below `units`: points of one are swapped together
  std::uint32_t units = 0;
};

struct PermutationOptions {
  std::int64_t rounds = 2'000;  // 100 to 10,000,000
  std::uint64_t seed = 0;
  int threads = 0;  // 0: one a core; the p-values do not depend on it

  // Throws InvalidInput, which names the option.
  void validate() const;
};

// Two-sided p-values of "the predictors are equally good" for each of kMetricNames: in every round each
// unit's scores change sides at random; (1 + rounds as far apart or farther) / (1 + rounds). Correlations are
// compared on what they are of, so that predictors may use different scales: ranks (SRCC, KTAU) or deviations
// in units of the standard deviation (LCC) change sides, not scores. None where a predictor has no such
// metric. Throws InvalidInput for lengths that do not fit.
std::array<std::optional<double>, 4> paired_permutation(const TwoPredictions& data,
                                                        const PermutationOptions& options = {});

}  // namespace qamro::evaluation
