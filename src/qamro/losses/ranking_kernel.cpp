#include "qamro/losses/ranking_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "qamro/core/error.h"
#include "qamro/losses/argsort.h"

namespace qamro::losses {
namespace {

// Up to this many elements, all pairs are visited, which is faster than halving further.
constexpr std::size_t kLeafSize = 8;

// Elements of a block are sorted by z, and so by their limit, margin + z. A pair of a higher and a lower
// target is active if z[lower] < limit[higher].
struct Element {
  double z;
  double weight;  // times its mass
  double mass;
  double gradient;
  std::uint32_t group;    // position of the first element with the same target, in the order of the targets
  std::uint32_t index;    // in the caller's order
  std::uint32_t below;    // how many first elements of the block have a z below this one's limit
  std::uint32_t limited;  // how many first elements of the block have a limit up to this one's z
};

// A value that can be subtracted from all values exactly. It removes a common offset (predictions around 1e6)
// that would cost digits of z. By Sterbenz' lemma, x - y is exact for y/2 <= x <= 2y; otherwise the spread is
// as large as the values, and there is nothing to gain.
double exact_offset(std::span<const double> values) {
  if (values.empty()) return 0;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (*low > 0 && *high <= 2 * *low) return *low;
  if (*high < 0 && *low >= 2 * *high) return *high;
  return 0;
}

// For every position in the order of the targets: where its group of equal targets starts.
std::vector<std::uint32_t> group_starts(std::span<const double> target,
                                        std::span<const std::uint32_t> order) {
  std::vector<std::uint32_t> starts(order.size());
  for (std::size_t i = 1; i < order.size(); ++i) {
    const bool same = target[order[i]] == target[order[i - 1]];
    starts[i] = same ? starts[i - 1] : static_cast<std::uint32_t>(i);
  }
  return starts;
}

std::uint64_t count_pairs(std::span<const std::uint32_t> starts) {
  std::uint64_t pairs = 0;
  for (const std::uint32_t start : starts) pairs += start;  // everything before the group is lower
  return pairs;
}

// The sum, over the pairs from different groups, of the products of their masses. order: by target.
double sum_pair_mass(std::span<const double> mass, std::span<const std::uint32_t> order,
                     std::span<const std::uint32_t> starts) {
  double before_group = 0;
  double before = 0;
  double sum = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (starts[i] == i) before_group = before;
    sum += mass[order[i]] * before_group;
    before += mass[order[i]];
  }
  return sum;
}

// Fills `below` and `limited` for a block of all elements.
void find_limits(std::span<Element> elements, double margin) {
  std::uint32_t below = 0;
  std::uint32_t limited = 0;
  const auto n = static_cast<std::uint32_t>(elements.size());
  for (Element& element : elements) {
    while (below < n && elements[below].z < element.z + margin) ++below;
    while (limited < n && elements[limited].z + margin <= element.z) ++limited;
    element.below = below;
    element.limited = limited;
  }
}

// Halves the targets repeatedly. `below` and `limited` shrink along with the blocks (fractional cascading),
// so no halving has to search or merge, and no branch depends on the data.
class Halving {
 public:
  Halving(std::span<const std::uint32_t> starts, double margin)
      : starts_(starts),
        margin_(margin),
        lows_before_(starts.size() + 1),
        crossing_(starts.size()),
        prefix_(starts.size() + 1),
        mass_(starts.size() + 1) {}

  // `elements` take the positions [first, first + size) in the order of the targets. Writes their final
  // gradients to `gradient` and returns the sum of their pairs' hinges. `spare` has the same size.
  double run(std::span<Element> elements, std::span<Element> spare, std::size_t first,
             std::span<double> gradient) {
    const bool is_leaf = elements.size() <= kLeafSize;
    const std::size_t middle = is_leaf ? 0 : split(first, elements.size());
    if (middle == 0) {
      const double value = is_leaf ? all_pairs(elements) : 0.0;
      for (const Element& element : elements) gradient[element.index] = element.gradient;
      return value;
    }
    partition(elements, spare, first + middle, middle);
    const auto low = spare.first(middle);
    const auto high = spare.subspan(middle);
    add_weights_above(low, high);
    double value = add_hinges(low, high);
    value += run(low, elements.first(middle), first, gradient);
    value += run(high, elements.subspan(middle), first + middle, gradient);
    return value;
  }

 private:
  // The group boundary nearest to the middle, relative to `first`; 0 if there is a single group.
  std::size_t split(std::size_t first, std::size_t size) const {
    const std::size_t middle = first + size / 2;
    const std::size_t before = starts_[middle];
    const auto end = starts_.begin() + static_cast<std::ptrdiff_t>(first + size);
    const auto after = std::upper_bound(starts_.begin() + static_cast<std::ptrdiff_t>(middle), end, before);
    const auto behind = static_cast<std::size_t>(after - starts_.begin());
    if (before <= first) return after == end ? 0 : behind - first;
    return after == end || middle - before <= behind - middle ? before - first : behind - first;
  }

  // Stable. crossing_ holds for each element of `parted` where the other half meets it: for a high one, how
  // many low ones are active with it (the first ones); for a low one, how many high ones are not.
  void partition(std::span<const Element> elements, std::span<Element> parted, std::size_t boundary,
                 std::size_t high) {
    std::uint32_t lows = 0;
    for (std::size_t i = 0; i < elements.size(); ++i) {
      lows_before_[i] = lows;
      lows += elements[i].group < boundary ? 1 : 0;
    }
    lows_before_[elements.size()] = lows;
    std::size_t low = 0;
    for (const Element& element : elements) {
      const bool is_low = element.group < boundary;
      const std::uint32_t lows_below = lows_before_[element.below];
      const std::uint32_t lows_limited = lows_before_[element.limited];
      const std::size_t to = is_low ? low : high;
      parted[to] = element;
      parted[to].below = is_low ? lows_below : element.below - lows_below;
      parted[to].limited = is_low ? lows_limited : element.limited - lows_limited;
      crossing_[to] = is_low ? element.limited - lows_limited : lows_below;
      low += is_low ? 1 : 0;
      high += is_low ? 0 : 1;
    }
  }

  // The gradient of the low half: each element gets the weights of the high ones that it is active with.
  void add_weights_above(std::span<Element> low, std::span<const Element> high) {
    double above = 0;
    prefix_[high.size()] = 0;
    for (std::size_t i = high.size(); i-- > 0;) prefix_[i] = above += high[i].weight;
    for (std::size_t i = 0; i < low.size(); ++i) low[i].gradient += low[i].mass * prefix_[crossing_[i]];
  }

  // The gradient of the high half, and the value. mass_[k] is the mass of the first k low elements,
  // prefix_[k] the sum over them of mass times distance below the last of them.
  double add_hinges(std::span<const Element> low, std::span<Element> high) {
    double reach = 0;
    prefix_[0] = prefix_[1] = mass_[0] = 0;
    double mass = mass_[1] = low[0].mass;
    for (std::size_t k = 1; k < low.size(); ++k) {
      prefix_[k + 1] = reach += mass * (low[k].z - low[k - 1].z);
      mass_[k + 1] = mass += low[k].mass;
    }
    double value = 0;
    for (std::size_t i = 0; i < high.size(); ++i) {
      const std::uint32_t active = crossing_[low.size() + i];
      const double count = mass_[active];
      const double step = high[i].z + margin_ - low[active - (active > 0 ? 1 : 0)].z;
      value += high[i].weight * (prefix_[active] + count * step);
      high[i].gradient -= high[i].weight * count;
    }
    return value;
  }

  double all_pairs(std::span<Element> elements) const {
    double value = 0;
    for (Element& higher : elements) {
      const double limit = higher.z + margin_;
      double sum = 0;
      double count = 0;
      for (Element& lower : elements) {
        const bool active = lower.group < higher.group && lower.z < limit;
        sum += active ? lower.mass * (limit - lower.z) : 0.0;
        count += active ? lower.mass : 0.0;
        lower.gradient += active ? lower.mass * higher.weight : 0.0;
      }
      value += higher.weight * sum;
      higher.gradient -= higher.weight * count;
    }
    return value;
  }

  std::span<const std::uint32_t> starts_;
  double margin_;
  // For one halving at a time:
  std::vector<std::uint32_t> lows_before_;
  std::vector<std::uint32_t> crossing_;
  std::vector<double> prefix_;
  std::vector<double> mass_;
};

void check_lengths(std::size_t n, std::size_t target, std::size_t weight, std::size_t gradient,
                   std::size_t mass) {
  if (n >= std::numeric_limits<std::uint32_t>::max())
    throw InvalidInput(fmt::format("ranking loss: expected fewer than 2^32 - 1 predictions, got {}", n));
  if (target != n || weight != n || gradient != n)
    throw InvalidInput(fmt::format(
        "ranking loss: expected {} targets, weights and gradients, one per prediction, got {}, {} and {}", n,
        target, weight, gradient));
  if (mass != n && mass != 0)
    throw InvalidInput(fmt::format("ranking loss: expected {} masses or none, got {}", n, mass));
}

std::vector<double> hinge_positions(std::span<const double> prediction, std::span<const double> target,
                                    double margin, double margin_scale) {
  const double prediction_offset = exact_offset(prediction);
  const double target_offset = exact_offset(target);
  std::vector<double> z(prediction.size());
  double largest = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    z[i] = margin_scale * (target[i] - target_offset) - (prediction[i] - prediction_offset);
    largest =
        std::max(largest, std::isfinite(z[i]) ? std::abs(z[i]) : std::numeric_limits<double>::infinity());
  }
  if (!std::isfinite(2 * largest + std::abs(margin)))
    throw InvalidInput(
        "ranking loss: expected finite predictions and targets whose differences are finite, got overflow");
  return z;
}

}  // namespace

PairwiseHingeSum pairwise_hinge(std::span<const double> prediction, std::span<const double> target,
                                std::span<const double> weight, double margin, double margin_scale,
                                std::span<double> gradient, std::span<const double> mass) {
  const std::size_t n = prediction.size();
  check_lengths(n, target.size(), weight.size(), gradient.size(), mass.size());
  if (n == 0) return {};
  const std::vector<double> z = hinge_positions(prediction, target, margin, margin_scale);
  const std::vector<std::uint32_t> target_order = argsort(target);
  const std::vector<std::uint32_t> starts = group_starts(target, target_order);
  std::vector<std::uint32_t> group(n);
  for (std::size_t i = 0; i < n; ++i) group[target_order[i]] = starts[i];

  const std::vector<std::uint32_t> z_order = argsort(z);
  std::vector<Element> elements(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t index = z_order[i];
    const double own = mass.empty() ? 1.0 : mass[index];
    elements[i] = {z[index], weight[index] * own, own, 0.0, group[index], index, 0, 0};
  }
  find_limits(elements, margin);
  std::vector<Element> spare(n);
  const double value = Halving(starts, margin).run(elements, spare, 0, gradient);
  const std::uint64_t pairs = count_pairs(starts);
  return {value, pairs,
          mass.empty() ? static_cast<double>(pairs) : sum_pair_mass(mass, target_order, starts)};
}

std::vector<double> min_max_quality(std::span<const double> target) {
  std::vector<double> quality(target.size(), 0.0);
  if (target.empty()) return quality;
  const auto [low, high] = std::minmax_element(target.begin(), target.end());
  const double range = *high - *low;
  if (range > 0)
    std::transform(target.begin(), target.end(), quality.begin(),
                   [lowest = *low, range](double y) { return (y - lowest) / range; });
  return quality;
}

std::vector<double> preference_weight(std::span<const double> quality, double preference_factor) {
  std::vector<double> weight(quality.size());
  std::transform(quality.begin(), quality.end(), weight.begin(),
                 [&](double q) { return 1.0 + (preference_factor - 1.0) * q; });
  return weight;
}

}  // namespace qamro::losses
