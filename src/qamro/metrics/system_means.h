#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace qamro::metrics {

struct SystemMeans {
  std::vector<std::string> systems;  // in the order of their first clip
  std::vector<double> means;
  std::vector<std::size_t> clips;  // how many each mean is of
};

// The mean score of every system. Scores are added in the order given (file order), in double: the order of
// addition decides whether two systems with the same ratings tie, and Kendall's tau of the paper's Table I
// depends on it. `decimals` rounds each mean (0 to 15), as the published system tables do with 4. Throws
// InvalidInput for different lengths and for scores that are not finite.
SystemMeans system_means(std::span<const std::string> system, std::span<const double> score,
                         std::optional<int> decimals = std::nullopt);

// To the nearest number of that many decimals, by the exact value of `number` (as Python's round()).
double round_decimals(double number, int decimals);

}  // namespace qamro::metrics
