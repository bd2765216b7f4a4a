#include "qamro/losses/permutahedron.h"

#include <cstddef>

#include "qamro/losses/argsort.h"

namespace qamro::losses {
namespace {

// Sorted positions first ... first + size - 1. `sum` adds up the values minus the first one, so that equal
// values add up to exactly 0, and a common offset costs no digits.
struct Block {
  std::size_t first;
  std::size_t size;
  double base;
  double sum;

  double mean() const { return sum / static_cast<double>(size); }  // above base
  double rank() const {
    return static_cast<double>(first) + 0.5 * (1.0 + static_cast<double>(size));
  }  // mean rank
};

// Whether the regression, the mean of values / strength - ranks, would fall from `low` to `high`.
bool violates(const Block& low, const Block& high, double strength) {
  const double rise = (high.base - low.base) + (high.mean() - low.mean());
  return rise <= strength * (high.rank() - low.rank());
}

void append(Block& low, const Block& high) {
  low.sum += high.sum + static_cast<double>(high.size) * (high.base - low.base);
  low.size += high.size;
}

std::vector<Block> pool_adjacent_violators(std::span<const double> values,
                                           std::span<const std::uint32_t> order, double strength) {
  std::vector<Block> blocks;
  for (std::size_t position = 0; position < order.size(); ++position) {
    Block last{position, 1, values[order[position]], 0};
    while (!blocks.empty() && violates(blocks.back(), last, strength)) {
      append(blocks.back(), last);
      last = blocks.back();
      blocks.pop_back();
    }
    blocks.push_back(last);
  }
  return blocks;
}

}  // namespace

PermutahedronProjection project_onto_permutahedron(std::span<const double> values, double strength) {
  const std::vector<std::uint32_t> order = argsort(values);
  const std::vector<Block> blocks = pool_adjacent_violators(values, order, strength);
  PermutahedronProjection result;
  result.point.resize(values.size());
  result.deviation.resize(values.size());
  result.block.resize(values.size());
  const double centre = 0.5 * (static_cast<double>(values.size()) + 1.0);
  for (const Block& block : blocks) {
    const auto index = static_cast<std::uint32_t>(result.sizes.size());
    result.sizes.push_back(static_cast<std::uint32_t>(block.size));
    for (std::size_t position = block.first; position < block.first + block.size; ++position) {
      const std::uint32_t i = order[position];
      result.block[i] = index;
      const double within = ((values[i] - block.base) - block.mean()) / strength;
      result.point[i] = within + block.rank();
      result.deviation[i] = within + (block.rank() - centre);
    }
  }
  return result;
}

}  // namespace qamro::losses
