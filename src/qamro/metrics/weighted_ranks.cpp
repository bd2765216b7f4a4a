#include "qamro/metrics/weighted_ranks.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "qamro/losses/argsort.h"

namespace qamro::metrics {
namespace {

std::int64_t pairs_of(std::int64_t n) {
  return n * (n - 1) / 2;
}

// What Kendall's and Spearman's coefficients are computed from.
struct Sums {
  std::int64_t n = 0;
  std::int64_t prediction_ties = 0;  // pairs
  std::int64_t label_ties = 0;
  std::int64_t joint_ties = 0;
  std::int64_t discordant = 0;
  // Of doubled ranks minus their mean (2 r - n - 1).
  double prediction_squares = 0;
  double label_squares = 0;
  double products = 0;
};

// Counts how often each label occurs, and computes the labels' doubled ranks minus their mean.
void rank_labels(const OrderedPairs& pairs, RankScratch& scratch, Sums& sums) {
  scratch.at_level.assign(pairs.levels, 0);
  for (std::size_t i = 0; i < pairs.level.size(); ++i) scratch.at_level[pairs.level[i]] += pairs.times[i];
  for (const std::uint32_t times : scratch.at_level) sums.n += times;
  scratch.label_rank.resize(pairs.levels);
  std::int64_t below = 0;
  for (std::uint32_t level = 0; level < pairs.levels; ++level) {
    const std::int64_t times = scratch.at_level[level];
    scratch.label_rank[level] = 2 * below + times - sums.n;
    below += times;
    sums.label_ties += pairs_of(times);
    const auto rank = static_cast<double>(scratch.label_rank[level]);
    sums.label_squares += static_cast<double>(times) * rank * rank;
  }
}

// Pairs within one group of equal predictions whose labels are equal, too.
std::int64_t joint_ties(const OrderedPairs& pairs, std::size_t begin, std::size_t end, RankScratch& scratch) {
  if (end - begin == 1) return pairs_of(pairs.times[begin]);
  scratch.group.clear();
  for (std::size_t i = begin; i < end; ++i) scratch.group.emplace_back(pairs.level[i], pairs.times[i]);
  std::sort(scratch.group.begin(), scratch.group.end());
  std::int64_t ties = 0;
  for (std::size_t i = 0; i < scratch.group.size();) {
    const std::uint32_t level = scratch.group[i].first;
    std::int64_t times = 0;
    for (; i < scratch.group.size() && scratch.group[i].first == level; ++i) times += scratch.group[i].second;
    ties += pairs_of(times);
  }
  return ties;
}

// Goes through the predictions in rising order: earlier ones with a higher label are discordant.
void walk(const OrderedPairs& pairs, RankScratch& scratch, Sums& sums) {
  scratch.below.reset(pairs.levels);
  std::int64_t seen = 0;
  std::size_t begin = 0;
  for (const std::size_t end : pairs.group_ends) {
    std::int64_t times = 0;
    std::int64_t rank_sum = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const std::int64_t own = pairs.times[i];
      if (own == 0) continue;
      times += own;
      rank_sum += own * scratch.label_rank[pairs.level[i]];
      const std::uint32_t up_to = pairs.level[i];  // inclusive
      const std::int64_t not_above =
          up_to + 1 < pairs.levels ? scratch.below.below(up_to + 1) : static_cast<std::uint32_t>(seen);
      sums.discordant += own * (seen - not_above);
    }
    if (times > 0) {
      for (std::size_t i = begin; i < end; ++i)
        if (pairs.times[i] > 0) scratch.below.add(pairs.level[i], pairs.times[i]);
      const auto rank = static_cast<double>(2 * seen + times - sums.n);
      sums.products += rank * static_cast<double>(rank_sum);
      sums.prediction_squares += static_cast<double>(times) * rank * rank;
      sums.prediction_ties += pairs_of(times);
      sums.joint_ties += joint_ties(pairs, begin, end, scratch);
    }
    seen += times;
    begin = end;
  }
}

double spearman(const Sums& sums) {
  const double scale = std::sqrt(sums.prediction_squares) * std::sqrt(sums.label_squares);
  return std::clamp(sums.products / scale, -1.0, 1.0);
}

double kendall(const Sums& sums) {
  const std::int64_t all = pairs_of(sums.n);
  const auto lead = static_cast<double>(all - sums.prediction_ties - sums.label_ties + sums.joint_ties -
                                        2 * sums.discordant);
  const double scale =
      std::sqrt(static_cast<double>(all - sums.prediction_ties) * static_cast<double>(all - sums.label_ties));
  return std::clamp(lead / scale, -1.0, 1.0);
}

}  // namespace

SortedOrder::SortedOrder(std::span<const double> values) : order(losses::argsort(values)) {
  for (std::size_t i = 0; i < order.size(); ++i)
    if (i + 1 == order.size() || values[order[i]] != values[order[i + 1]])
      group_ends.push_back(static_cast<std::uint32_t>(i + 1));
}

Levels::Levels(std::span<const double> values) : level(values.size()) {
  const SortedOrder sorted(values);
  count = static_cast<std::uint32_t>(sorted.group_ends.size());
  std::size_t begin = 0;
  for (std::uint32_t group = 0; group < count; ++group)
    for (; begin < sorted.group_ends[group]; ++begin) level[sorted.order[begin]] = group;
}

RankMetrics weighted_rank_metrics(const OrderedPairs& pairs, RankScratch& scratch) {
  Sums sums;
  rank_labels(pairs, scratch, sums);
  const auto undefined = [](const char* why) {
    return RankMetrics{MetricValue::undefined(why), MetricValue::undefined(why)};
  };
  if (sums.n < 2) return undefined("fewer than 2 values");
  if (sums.label_ties == pairs_of(sums.n)) return undefined("the labels are constant");
  walk(pairs, scratch, sums);
  if (sums.prediction_ties == pairs_of(sums.n)) return undefined("the predictions are constant");
  return {MetricValue::of(spearman(sums)), MetricValue::of(kendall(sums))};
}

}  // namespace qamro::metrics
