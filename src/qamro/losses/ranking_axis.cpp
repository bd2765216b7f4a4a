#include "qamro/losses/ranking_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/losses/argsort.h"

namespace qamro::losses {
namespace {

// Whether no element's quality exceeds that of an element with a higher target.
bool rises_with_target(std::span<const double> target, std::span<const double> quality) {
  const std::vector<std::uint32_t> order = argsort(target);
  double highest_before = 0, highest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && target[order[i]] != target[order[i - 1]]) highest_before = std::max(highest_before, highest);
    if (quality[order[i]] < highest_before) return false;
    highest = std::max(highest, quality[order[i]]);
  }
  return true;
}

std::vector<double> distinct(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

// The elements whose quality is below a level, and the unweighted hinge over their pairs.
struct Subset {
  std::vector<std::size_t> rows;
  std::vector<double> prediction, target, mass, gradient;

  Subset(std::span<const double> p, std::span<const double> y, std::span<const double> quality,
         std::span<const double> masses, double level) {
    for (std::size_t i = 0; i < p.size(); ++i) {
      if (quality[i] >= level) continue;
      rows.push_back(i);
      prediction.push_back(p[i]);
      target.push_back(y[i]);
      if (!masses.empty()) mass.push_back(masses[i]);
    }
    gradient.resize(rows.size());
  }
  PairwiseHingeSum hinge(double margin, double margin_scale) {
    return pairwise_hinge(prediction, target, std::vector<double>(rows.size(), 1.0), margin, margin_scale,
                          gradient, mass);
  }
};

}  // namespace

PairwiseHingeSum pairwise_hinge_max_quality(std::span<const double> prediction,
                                            std::span<const double> target, std::span<const double> quality,
                                            double preference_factor, double margin, double margin_scale,
                                            std::span<double> gradient, std::span<const double> mass) {
  const bool same_lengths = target.size() == prediction.size() && quality.size() == prediction.size();
  if (!same_lengths || rises_with_target(target, quality))  // pairwise_hinge reports lengths that differ
    return pairwise_hinge(prediction, target, preference_weight(quality, preference_factor), margin,
                          margin_scale, gradient, mass);
  const std::vector<double> levels = distinct(quality);
  const std::vector<double> weights = preference_weight(levels, preference_factor);
  const std::vector<double> last(quality.size(), weights.back());
  PairwiseHingeSum sum = pairwise_hinge(prediction, target, last, margin, margin_scale, gradient, mass);
  for (std::size_t m = 1; m < levels.size(); ++m) {
    const double step = weights[m] - weights[m - 1];
    Subset below(prediction, target, quality, mass, levels[m]);
    sum.value -= step * below.hinge(margin, margin_scale).value;
    for (std::size_t i = 0; i < below.rows.size(); ++i) gradient[below.rows[i]] -= step * below.gradient[i];
  }
  return sum;
}

namespace {

// The labelled elements, and their rows in the batch.
struct Labelled {
  std::vector<std::size_t> rows;
  RankingAxis axis;
};

bool has_label(double target, const RankingOptions& options) {
  if (std::isnan(target)) return false;
  if (!options.quality_table) return true;
  const auto& range = options.quality_table->range;
  return target >= range[0] && target <= range[1];
}

void append(RankingAxis& to, const RankingAxis& from, std::size_t row) {
  to.prediction.push_back(from.prediction[row]);
  to.target.push_back(from.target[row]);
  if (!from.weight.empty()) to.weight.push_back(from.weight[row]);
  if (!from.group.empty()) to.group.push_back(from.group[row]);
}

Labelled labelled(const RankingAxis& axis, const RankingOptions& options) {
  Labelled result;
  for (std::size_t row = 0; row < axis.target.size(); ++row) {
    if (!has_label(axis.target[row], options)) continue;
    result.rows.push_back(row);
    append(result.axis, axis, row);
  }
  return result;
}

double look_up(double target, const QualityTable& table) {
  for (const QualityInterval& interval : table.intervals) {
    const bool closed = interval.high == table.range[1];
    if (target >= interval.low && (target < interval.high || (closed && target == interval.high)))
      return interval.value;
  }
  return 0;
}

std::vector<double> label_quality(const std::vector<double>& target, const RankingOptions& options) {
  if (options.quality_table) {
    std::vector<double> values(target.size());
    std::transform(target.begin(), target.end(), values.begin(),
                   [&](double y) { return look_up(y, *options.quality_table); });
    return min_max_quality(values);
  }
  if (!options.quality_range) return min_max_quality(target);
  const auto [low, high] = *options.quality_range;
  std::vector<double> values;
  for (const double y : target) {
    if (!(y >= low && y <= high))
      throw InvalidInput(
          fmt::format("ranking loss: expected labels within quality_range [{}, {}], got {}", low, high, y));
    values.push_back((y - low) / (high - low));
  }
  return values;
}

struct Sum {
  PairwiseHingeSum hinge;
  std::vector<double> gradient;
};

Sum all_pairs(const RankingAxis& axis, const std::vector<double>& quality, const RankingOptions& options) {
  Sum sum;
  sum.gradient.resize(axis.target.size());
  if (options.quality_table)
    sum.hinge = pairwise_hinge_max_quality(axis.prediction, axis.target, quality, options.preference_factor,
                                           options.margin, options.margin_scale, sum.gradient, axis.weight);
  else
    sum.hinge =
        pairwise_hinge(axis.prediction, axis.target, preference_weight(quality, options.preference_factor),
                       options.margin, options.margin_scale, sum.gradient, axis.weight);
  return sum;
}

// In the order of the groups' numbers, so that the sum has the same bits for any order of the batch's groups.
Sum pairs_within_groups(const RankingAxis& axis, const std::vector<double>& quality,
                        const RankingOptions& options) {
  std::map<std::int64_t, std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < axis.group.size(); ++i) members[axis.group[i]].push_back(i);
  Sum sum;
  sum.gradient.resize(axis.target.size());
  for (const auto& [group, rows] : members) {
    RankingAxis part;
    std::vector<double> part_quality;
    for (const std::size_t row : rows) {
      append(part, axis, row);
      part_quality.push_back(quality[row]);
    }
    const Sum within = all_pairs(part, part_quality, options);
    sum.hinge.value += within.hinge.value;
    sum.hinge.pairs += within.hinge.pairs;
    sum.hinge.pair_mass += within.hinge.pair_mass;
    for (std::size_t i = 0; i < rows.size(); ++i) sum.gradient[rows[i]] = within.gradient[i];
  }
  return sum;
}

Sum sum_in_scope(const RankingAxis& axis, const std::vector<double>& quality, const RankingOptions& options) {
  if (axis.group.empty() || options.scope == PairScope::kAll) return all_pairs(axis, quality, options);
  Sum within = pairs_within_groups(axis, quality, options);
  if (options.scope == PairScope::kWithinGroups) return within;
  Sum across = all_pairs(axis, quality, options);
  across.hinge.pairs -= within.hinge.pairs;
  // A rounding remainder must not look like a loss if no pair is left.
  const bool any = across.hinge.pairs > 0;
  across.hinge.value = any ? std::max(across.hinge.value - within.hinge.value, 0.0) : 0.0;
  across.hinge.pair_mass = any ? across.hinge.pair_mass - within.hinge.pair_mass : 0.0;
  for (std::size_t i = 0; i < across.gradient.size(); ++i)
    across.gradient[i] = any ? across.gradient[i] - within.gradient[i] : 0.0;
  return across;
}

}  // namespace

AxisRankingLoss ranking_loss_of_axis(const RankingAxis& axis, const RankingOptions& options) {
  const Labelled labels = labelled(axis, options);
  const Sum sum = sum_in_scope(labels.axis, label_quality(labels.axis.target, options), options);
  const bool mean = options.reduction == Reduction::kMean && sum.hinge.pair_mass > 0;
  const double divisor = mean ? sum.hinge.pair_mass : 1.0;
  AxisRankingLoss loss;
  loss.value = sum.hinge.value / divisor;
  loss.pairs = sum.hinge.pairs;
  loss.gradient.assign(axis.target.size(), 0.0);
  for (std::size_t i = 0; i < labels.rows.size(); ++i)
    loss.gradient[labels.rows[i]] = sum.gradient[i] / divisor;
  return loss;
}

}  // namespace qamro::losses
