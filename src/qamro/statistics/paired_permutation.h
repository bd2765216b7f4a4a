#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "qamro/metrics/metric.h"
#include "qamro/statistics/bootstrap.h"

namespace qamro::statistics {

// Two predictors' scores of the same clips (or systems).
struct TwoPredictions {
  std::vector<double> first;
  std::vector<double> second;
  std::vector<double> label;
  std::vector<std::uint32_t> unit;  // [point] below `units`; points of one unit are swapped together
  std::uint32_t units = 0;
};

// A permutation test has 100 to 10,000,000 rounds.
constexpr std::int64_t kMinPermutations = 100;
constexpr std::int64_t kMaxPermutations = kMaxResamples;

// Throws InvalidInput for more or fewer rounds.
void check_permutations(std::int64_t rounds);

// The smallest p-value that the test gives when so many units change sides: a round that swaps none or all of
// them is as far apart as what was observed.
double smallest_p_value(std::size_t units, std::int64_t rounds);

// What it takes at least so that the smallest of so many p-values, corrected by Holm, can reach `alpha`.
struct PermutationNeeds {
  std::size_t units = 0;
  std::int64_t rounds = 0;
};
PermutationNeeds needs_of_permutation(std::size_t tests, double alpha);

struct PermutationOptions {
  std::int64_t rounds = 2'000;  // see check_permutations()
  std::uint64_t seed = 0;
  int threads = 0;  // 0: one per core; the p-values do not depend on it

  // Throws InvalidInput, which names the option.
  void validate() const;
};

// Two-sided p-values of "the predictors are equally good" for each metric. In every round each
// unit's scores change sides at random; p = (1 + rounds as far apart or farther) / (1 + rounds). For
// correlations, ranks (SRCC, KTAU) or deviations in units of the standard deviation (LCC) change sides
// instead of scores, so that predictors may use different scales. Absent if a predictor's metric is
// undefined. Throws InvalidInput if lengths do not fit.
metrics::PerMetric<std::optional<double>> paired_permutation(const TwoPredictions& data,
                                                             const PermutationOptions& options = {});

}  // namespace qamro::statistics
