#include "qamro/statistics/multiple_comparisons.h"

#include <algorithm>
#include <cstddef>

namespace qamro::statistics {

std::vector<std::optional<double>> holm_adjusted(const std::vector<std::optional<double>>& p_values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p_values.size(); ++i)
    if (p_values[i]) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return *p_values[a] < *p_values[b]; });
  std::vector<std::optional<double>> adjusted(p_values.size());
  double largest = 0.0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    largest = std::max(largest, *p_values[order[rank]] * static_cast<double>(order.size() - rank));
    adjusted[order[rank]] = std::min(1.0, largest);
  }
  return adjusted;
}

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

}  // namespace qamro::statistics
