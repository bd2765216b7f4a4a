#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/core/export.h"

namespace qamro::metrics {

struct SystemMeans {
  std::vector<std::string> systems;  // in the order of their first clip
  std::vector<double> means;
  std::vector<std::size_t> clips;  // number of clips in each mean
};

// The mean score of every system. Scores are added in the given order (file order), in double: the order of
// addition decides whether two systems with the same ratings tie, and Kendall's tau in the paper's Table I
// depends on it. `decimals` (0 to 15) rounds each mean, as the published system tables do with 4. Throws
// InvalidInput for different lengths, scores that are not finite, and other decimals.
QAMRO_API SystemMeans system_means(std::span<const std::string> system, std::span<const double> score,
                                   std::optional<int> decimals = std::nullopt);

// Rounds to that many decimals, by the exact value of `number` (like Python's round()).
QAMRO_API double round_decimals(double number, int decimals);

}  // namespace qamro::metrics
