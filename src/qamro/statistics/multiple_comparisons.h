#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace qamro::statistics {

// Holm's step-down correction ("A Simple Sequentially Rejective Multiple Test Procedure", 1979): adjusts
// p-values so that, if each one <= .05 is called a difference, at most 5 % of families contain a false call,
// however the tests depend on each other. Keeps the order; absent values stay absent and do not count.
std::vector<std::optional<double>> holm_adjusted(const std::vector<std::optional<double>>& p_values);

// The tie groups of a system, numbered from 0 for the best: all from first to last.
struct TieGroups {
  std::size_t first = 0;
  std::size_t last = 0;

  bool operator==(const TieGroups&) const = default;
};

// Groups of systems that are ordered best first. run_ends: for each system, the last of the consecutive
// systems (itself and worse ones) that it cannot be told apart from. A group is a longest run. Groups may
// overlap ("ab"), because being tied is not transitive.
std::vector<TieGroups> tie_groups(const std::vector<std::size_t>& run_ends);

}  // namespace qamro::statistics
