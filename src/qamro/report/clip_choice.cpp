#include "qamro/report/clip_choice.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <unordered_set>

#include "qamro/core/random.h"

namespace qamro::report {
namespace {

using Clips = std::vector<std::size_t>;

// The `count` clips with the largest value, largest first.
Clips largest(const Clips& clips, const std::vector<double>& values, std::size_t count) {
  Clips order(clips.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  order.resize(std::min(count, order.size()));
  for (std::size_t& place : order) place = clips[place];
  return order;
}

// Places from 0 to 1; equal values share their mean place.
std::vector<double> places(const std::vector<double>& values) {
  Clips order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> place(values.size());
  const double last = values.size() > 1 ? static_cast<double>(values.size() - 1) : 1.0;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i)
      place[order[i]] = static_cast<double>(begin + end - 1) / 2.0 / last;
  }
  return place;
}

std::vector<double> of(const Clips& clips, std::span<const double> values) {
  std::vector<double> result;
  for (const std::size_t clip : clips) result.push_back(values[clip]);
  return result;
}

std::vector<double> distance_of_places(const std::vector<double>& labels,
                                       const std::vector<double>& predictions) {
  std::vector<double> distance = places(labels);
  const std::vector<double> other = places(predictions);
  for (std::size_t i = 0; i < distance.size(); ++i) distance[i] = std::abs(distance[i] - other[i]);
  return distance;
}

std::vector<double> distance_from_system(const Clips& clips, const std::vector<double>& predictions,
                                         std::span<const std::size_t> systems) {
  std::map<std::size_t, std::pair<double, double>> sums;  // and counts
  const auto system_of = [&](std::size_t i) { return systems.empty() ? 0 : systems[clips[i]]; };
  for (std::size_t i = 0; i < clips.size(); ++i) {
    auto& [sum, count] = sums[system_of(i)];
    sum += predictions[i];
    count += 1;
  }
  std::vector<double> distance(clips.size());
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const auto& [sum, count] = sums[system_of(i)];
    distance[i] = std::abs(predictions[i] - sum / count);
  }
  return distance;
}

}  // namespace

ClipChoice choose_clips(std::span<const double> labels, std::span<const double> predictions,
                        std::span<const std::size_t> systems, std::size_t count) {
  const bool is_labelled =
      std::any_of(labels.begin(), labels.end(), [](double label) { return std::isfinite(label); });
  Clips clips;
  for (std::size_t clip = 0; clip < predictions.size(); ++clip)
    if (std::isfinite(predictions[clip]) && (!is_labelled || std::isfinite(labels[clip])))
      clips.push_back(clip);

  const std::vector<double> values = of(clips, predictions);
  ClipChoice choice;
  choice.best = largest(clips, values, std::min(count, (clips.size() + 1) / 2));
  std::vector<double> negated = values;
  for (double& value : negated) value = -value;
  choice.worst = largest(clips, negated, std::min(count, clips.size() / 2));
  // If many values are equal, the first clips are in both lists.
  std::erase_if(choice.worst, [&](std::size_t clip) {
    return std::find(choice.best.begin(), choice.best.end(), clip) != choice.best.end();
  });
  const std::vector<double> surprise = is_labelled ? distance_of_places(of(clips, labels), values)
                                                   : distance_from_system(clips, values, systems);
  choice.surprising = largest(clips, surprise, count);
  std::map<std::size_t, double> surprise_of;
  for (std::size_t i = 0; i < clips.size(); ++i) surprise_of[clips[i]] = surprise[i];
  std::erase_if(choice.surprising, [&](std::size_t clip) { return surprise_of[clip] == 0.0; });
  return choice;
}

std::vector<std::size_t> sample_clips(std::span<const std::size_t> clips, std::span<const std::size_t> wanted,
                                      std::size_t max_size) {
  if (clips.size() <= max_size) return {clips.begin(), clips.end()};
  std::unordered_set<std::size_t> taken;
  for (const std::size_t clip : wanted)
    if (taken.size() < max_size) taken.insert(clip);
  Random random(derive_seed(0, "report: clips that are drawn"));
  for (const std::int64_t place : permutation(static_cast<std::int64_t>(clips.size()), random)) {
    if (taken.size() >= max_size) break;
    taken.insert(clips[static_cast<std::size_t>(place)]);
  }
  std::vector<std::size_t> sample;
  for (const std::size_t clip : clips)
    if (taken.contains(clip)) sample.push_back(clip);
  return sample;
}

}  // namespace qamro::report
