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

std::vector<std::vector<std::size_t>> tie_groups(const std::vector<std::vector<bool>>& differ) {
  const std::size_t n = differ.size();
  std::vector<std::vector<std::size_t>> groups_of(n);
  std::vector<std::vector<bool>> covered(n, std::vector<bool>(n, false));
  std::size_t groups = 0;
  // The largest group that begins with a and b and takes every next system that differs from none of them.
  const auto cover = [&](std::size_t a, std::size_t b) {
    std::vector<std::size_t> members = {a};
    if (b != a) members.push_back(b);
    for (std::size_t c = a + 1; c < n; ++c)
      if (std::all_of(members.begin(), members.end(), [&](std::size_t m) { return m != c && !differ[m][c]; }))
        members.push_back(c);
    for (const std::size_t x : members) {
      groups_of[x].push_back(groups);
      for (const std::size_t y : members) covered[x][y] = true;
    }
    ++groups;
  };
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = a + 1; b < n; ++b)
      if (!differ[a][b] && !covered[a][b]) cover(a, b);
    if (groups_of[a].empty()) cover(a, a);
  }
  return groups_of;
}

}  // namespace qamro::statistics
