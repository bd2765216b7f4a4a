#include "qamro/losses/ranking_levels.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

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

}  // namespace qamro::losses
