#include "qamro/evaluation/tie_groups.h"

namespace qamro::evaluation {

std::vector<TieGroups> tie_groups(const std::vector<std::size_t>& run_ends) {
  std::vector<TieGroups> groups(run_ends.size());
  std::size_t group = 0;
  std::size_t covered = 0;  // systems before this one are in a group
  for (std::size_t first = 0; first < run_ends.size(); ++first) {
    const std::size_t end = run_ends[first] + 1;
    if (end <= covered) continue;  // inside the run of a better system
    for (std::size_t i = first; i < end; ++i) {
      if (i >= covered) groups[i].first = group;
      groups[i].last = group;
    }
    covered = end;
    ++group;
  }
  return groups;
}

}  // namespace qamro::evaluation
