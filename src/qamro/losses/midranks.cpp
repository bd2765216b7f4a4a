#include "qamro/losses/midranks.h"

#include <cstddef>
#include <cstdint>

#include "qamro/losses/argsort.h"

namespace qamro::losses {

std::vector<double> midranks(std::span<const double> values) {
  const std::vector<std::uint32_t> order = argsort(values);
  std::vector<double> ranks(values.size());
  for (std::size_t start = 0; start < order.size();) {
    std::size_t end = start + 1;
    while (end < order.size() && values[order[end]] == values[order[start]]) ++end;
    const double rank = 0.5 * static_cast<double>(start + 1 + end);
    for (; start < end; ++start) ranks[order[start]] = rank;
  }
  return ranks;
}

}  // namespace qamro::losses
