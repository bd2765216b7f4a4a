#include "qamro/losses/ranking_kernel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "qamro/core/error.h"
#include "qamro/losses/argsort.h"

namespace qamro::losses {
namespace {

// Up to this many elements all pairs are visited: faster than halving further.
constexpr std::size_t kLeafSize = 16;

struct Element {
  double z;
  double weight;
  double gradient;
  std::uint32_t group;  // position of the first element with the same target, in the order of the targets
  std::uint32_t index;  // in the caller's order
};

// A value to subtract from all, exactly and without harm: it takes away a common offset (predictions around
// 1e6) that would cost digits of z. By Sterbenz' lemma x - y is exact for y/2 <= x <= 2y; otherwise the
// spread is as large as the values, and nothing is to be won.
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

class Sweep {
 public:
  Sweep(std::span<const std::uint32_t> starts, double margin)
      : starts_(starts), margin_(margin), weight_above_(starts.size() + 1) {}

  // `elements` lie in the order of z and take the positions [first, first + size) in the order of the
  // targets. Their final gradients go to `gradient`. `spare` has the same size.
  double run(std::span<Element> elements, std::span<Element> spare, std::size_t first,
             std::span<double> gradient) {
    const std::size_t middle = elements.size() <= kLeafSize ? 0 : split(first, elements.size());
    double value = 0;
    if (middle == 0) {
      if (elements.size() <= kLeafSize) value = all_pairs(elements);
      for (const Element& element : elements) gradient[element.index] = element.gradient;
      return value;
    }
    partition(elements, spare, static_cast<std::uint32_t>(first + middle));
    const auto low = spare.first(middle);
    const auto high = spare.subspan(middle);
    value = low_against_high(low, high);
    value += run(low, elements.first(middle), first, gradient);
    value += run(high, elements.subspan(middle), first + middle, gradient);
    return value;
  }

 private:
  // The group boundary nearest to the middle, relative to `first`; 0 when there is a single group.
  std::size_t split(std::size_t first, std::size_t size) const {
    const std::size_t middle = first + size / 2;
    const std::size_t before = starts_[middle];
    const auto end = starts_.begin() + static_cast<std::ptrdiff_t>(first + size);
    const auto after = std::upper_bound(starts_.begin() + static_cast<std::ptrdiff_t>(middle), end, before);
    const auto behind = static_cast<std::size_t>(after - starts_.begin());
    if (before <= first) return after == end ? 0 : behind - first;
    return after == end || middle - before <= behind - middle ? before - first : behind - first;
  }

  // Stable, without branches that depend on the data.
  static void partition(std::span<const Element> elements, std::span<Element> parted,
                        std::uint32_t boundary) {
    std::size_t low = 0;
    std::size_t high = 0;
    for (const Element& element : elements) high += element.group < boundary ? 1 : 0;
    for (const Element& element : elements) {
      const bool is_low = element.group < boundary;
      parted[is_low ? low : high] = element;
      low += is_low ? 1 : 0;
      high += is_low ? 0 : 1;
    }
  }

  // All pairs of two sorted halves in one walk over the events "z of a low element" and "margin + z of a high
  // one". `reach` is the sum over the low elements passed of how far below the current event they lie.
  double low_against_high(std::span<Element> low, std::span<Element> high) {
    const std::size_t n_high = high.size();
    weight_above_[n_high] = 0;
    for (std::size_t i = n_high; i-- > 0;) weight_above_[i] = weight_above_[i + 1] + high[i].weight;

    double value = 0;
    double reach = 0;
    double previous = std::min(low[0].z, high[0].z + margin_);
    std::size_t below = 0;
    std::size_t i = 0;
    while (below < low.size() && i < n_high) {
      Element& lower = low[below];
      Element& higher = high[i];
      const double limit = higher.z + margin_;
      const bool active = lower.z < limit;  // and so for every high element from here on
      const double count = static_cast<double>(below);
      const double event = active ? lower.z : limit;
      reach += count * (event - previous);
      previous = event;
      lower.gradient += active ? weight_above_[i] : 0.0;
      const double weight = active ? 0.0 : higher.weight;
      higher.gradient -= weight * count;
      value += weight * reach;
      below += active ? 1 : 0;
      i += active ? 0 : 1;
    }
    const double count = static_cast<double>(below);
    for (; i < n_high; ++i) {  // every low element lies below the rest
      const double limit = high[i].z + margin_;
      reach += count * (limit - previous);
      previous = limit;
      high[i].gradient -= high[i].weight * count;
      value += high[i].weight * reach;
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
        sum += active ? limit - lower.z : 0.0;
        count += active ? 1.0 : 0.0;
        lower.gradient += active ? higher.weight : 0.0;
      }
      value += higher.weight * sum;
      higher.gradient -= higher.weight * count;
    }
    return value;
  }

  std::span<const std::uint32_t> starts_;
  double margin_;
  std::vector<double> weight_above_;
};

void check_lengths(std::size_t n, std::size_t target, std::size_t weight, std::size_t gradient) {
  if (n >= std::numeric_limits<std::uint32_t>::max())
    throw InvalidInput(fmt::format("ranking loss: expected fewer than 2^32 - 1 predictions, got {}", n));
  if (target != n || weight != n || gradient != n)
    throw InvalidInput(
        fmt::format("ranking loss: expected {} targets, weights and gradients as there are predictions, got "
                    "{}, {} and {}",
                    n, target, weight, gradient));
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
                                std::span<double> gradient) {
  const std::size_t n = prediction.size();
  check_lengths(n, target.size(), weight.size(), gradient.size());
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
    elements[i] = {z[index], weight[index], 0.0, group[index], index};
  }
  std::vector<Element> spare(n);
  const double value = Sweep(starts, margin).run(elements, spare, 0, gradient);
  return {value, count_pairs(starts)};
}

std::vector<double> min_max_quality(std::span<const double> target) {
  std::vector<double> quality(target.size(), 0.0);
  if (target.empty()) return quality;
  const auto [low, high] = std::minmax_element(target.begin(), target.end());
  const double range = *high - *low;
  if (range > 0)
    std::transform(target.begin(), target.end(), quality.begin(),
                   [&](double y) { return (y - *low) / range; });
  return quality;
}

std::vector<double> preference_weight(std::span<const double> quality, double preference_factor) {
  std::vector<double> weight(quality.size());
  std::transform(quality.begin(), quality.end(), weight.begin(),
                 [&](double q) { return 1.0 + (preference_factor - 1.0) * q; });
  return weight;
}

}  // namespace qamro::losses
