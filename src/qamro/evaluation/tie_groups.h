#pragma once

#include <cstddef>
#include <vector>

namespace qamro::evaluation {

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

}  // namespace qamro::evaluation
