#include "qamro/losses/cuda/ranking_device.h"

#include <thrust/system_error.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/losses/cuda/sorted_ranking.h"
#include "qamro/losses/cuda/tiled_ranking.h"

namespace qamro::losses {
namespace {

using device::Buffer;
using device::Execution;
using device::QualityRule;
using device::WalkWeights;

QualityRule quality_rule(const RankingOptions& options, const QualityInterval* intervals) {
  QualityRule rule;
  if (options.quality_range) {
    rule.kind = QualityRule::Kind::kRange;
    rule.low = (*options.quality_range)[0];
    rule.high = (*options.quality_range)[1];
  } else if (options.quality_table) {
    rule.kind = QualityRule::Kind::kTable;
    rule.low = options.quality_table->range[0];
    rule.high = options.quality_table->range[1];
    rule.intervals = intervals;
    rule.interval_count = static_cast<std::uint32_t>(options.quality_table->intervals.size());
  }
  return rule;
}

// The values that labels can have, from the lowest label to the highest: each interval's value, and 0 for
// each gap.
std::vector<double> table_values(const QualityTable& table) {
  std::vector<QualityInterval> sorted = table.intervals;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.low < b.low; });
  std::vector<double> values;
  double end = table.range[0];
  for (const QualityInterval& interval : sorted) {
    if (interval.low > end) values.push_back(0.0);
    values.push_back(interval.value);
    end = interval.high;
  }
  if (end < table.range[1]) values.push_back(0.0);
  return values;
}

std::vector<WalkWeights> walks_of(const RankingOptions& options) {
  if (!options.quality_table || options.preference_factor == 1.0) return {WalkWeights()};
  std::vector<double> levels = table_values(*options.quality_table);
  if (std::is_sorted(levels.begin(), levels.end())) return {WalkWeights()};
  std::sort(levels.begin(), levels.end());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  std::vector<WalkWeights> walks = {{WalkWeights::Kind::kHighestLevel, levels.back(), 0.0}};
  for (std::size_t m = 1; m < levels.size(); ++m)
    walks.push_back({WalkWeights::Kind::kBelowLevel, levels[m], levels[m - 1]});
  return walks;
}

bool takes_tiles(RankingAlgorithm algorithm, std::size_t n, std::size_t walks) {
  if (algorithm != RankingAlgorithm::kFaster) return algorithm == RankingAlgorithm::kTiled;
  return static_cast<double>(n) <=
         static_cast<double>(device::favoured_tiled_size()) * std::sqrt(static_cast<double>(walks));
}

void compute(const DeviceRankingAxis& axis, const RankingOptions& options, const DeviceRankingLoss& loss,
             const Execution& execution, RankingAlgorithm algorithm) {
  const auto intervals =
      options.quality_table ? options.quality_table->intervals : std::vector<QualityInterval>();
  const Buffer<QualityInterval> device_intervals(execution, intervals.size());
  device::copy_to_device(execution, device_intervals.data(), intervals.data(),
                         intervals.size() * sizeof(QualityInterval));
  const QualityRule quality = quality_rule(options, device_intervals.data());

  const Buffer<device::BatchExtents> extents(execution, 1);
  const Buffer<device::RankedElement> elements(execution, axis.n);
  find_extents(execution, axis, quality, extents.data());
  prepare_elements(execution, axis, quality, extents.data(), options.margin_scale, elements.data());

  const device::PairRule rule = {options.margin, options.preference_factor,
                                 axis.group == nullptr ? PairScope::kAll : options.scope};
  const std::vector<WalkWeights> walks = walks_of(options);
  const Buffer<device::RankingSum> sum(execution, 1);
  if (axis.n == 0 || takes_tiles(algorithm, axis.n, walks.size()))
    tiled_ranking(execution, elements.data(), axis.n, rule, loss.gradient, sum.data());
  else
    sorted_ranking(execution, {elements.data(), axis.n, extents.data(), quality, rule, walks}, loss.gradient,
                   sum.data());
  finish(execution, axis.n, sum.data(), extents.data(), options.reduction == Reduction::kMean, loss);
}

}  // namespace

void ranking_loss_on_device(const DeviceRankingAxis& axis, const RankingOptions& options,
                            const DeviceRankingLoss& loss, const DeviceQueue& queue,
                            DeviceWorkspace& workspace, RankingAlgorithm algorithm) {
  if (axis.n >= std::numeric_limits<std::uint32_t>::max())
    throw InvalidInput("ranking loss: expected fewer than 2^32 - 1 predictions, got " +
                       std::to_string(axis.n));
  const device::ScopedDevice current(queue.device);
  try {
    compute(axis, options, loss, {queue, workspace}, algorithm);
  } catch (const thrust::system_error& error) {
    throw Error(std::string("ranking loss on a GPU: ") + error.what());
  }
}

}  // namespace qamro::losses
