#pragma once

#include <cstddef>
#include <vector>

namespace qamro::evaluation {

// Which tie groups, numbered from 0 with the best, a system is in: all from first to last.
struct TieGroups {
  std::size_t first = 0;
  std::size_t last = 0;

  bool operator==(const TieGroups&) const = default;
};

// Of systems best first. run_ends: for each the last one of the run of neighbours (itself and worse ones)
// that it cannot be told apart from. A group is a longest run, so overlapping groups are normal ("ab"): being
// tied is not transitive.
std::vector<TieGroups> tie_groups(const std::vector<std::size_t>& run_ends);

}  // namespace qamro::evaluation
