#include "qamro/statistics/axis_resamples.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "qamro/metrics/correlation.h"
#include "qamro/metrics/system_means.h"
#include "qamro/statistics/numbers.h"

namespace qamro::statistics {
namespace {

// Sums over pairs of deviations. A pair counts as many times as it was drawn.
struct Moments {
  double n = 0;
  double x = 0;
  double y = 0;
  double xx = 0;
  double yy = 0;
  double xy = 0;

  void add(double times, double dx, double dy) {
    n += times;
    x += times * dx;
    y += times * dy;
    xx += times * dx * dx;
    yy += times * dy * dy;
    xy += times * dx * dy;
  }
  double lcc() const { return (xy - x * y / n) / std::sqrt((xx - x * x / n) * (yy - y * y / n)); }
};

std::optional<double> constant(std::span<const double> values) {
  const bool all = std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; });
  return all ? std::optional(values[0]) : std::nullopt;
}

double number(const metrics::MetricValue& metric) {
  return metric.value.value_or(kUndefined);
}

}  // namespace

AxisResamples::AxisResamples(const SampleLayout& layout, AxisColumn column)
    : layout_(layout), column_(std::move(column)), is_there_(layout.clips) {
  std::vector<std::uint32_t> there;
  for (std::size_t clip = 0; clip < layout.clips; ++clip) {
    is_there_[clip] = !std::isnan(column_.label[clip]) && !std::isnan(column_.prediction[clip]);
    if (is_there_[clip]) there.push_back(static_cast<std::uint32_t>(clip));
  }
  if (there.empty()) return;
  const Pairs pairs = all_clips();
  metrics::SortedOrder order(pairs.prediction);
  const metrics::Levels levels(pairs.label);
  const double prediction_mean = mean_of(pairs.prediction);
  const double label_mean = mean_of(pairs.label);
  for (const std::uint32_t i : order.order) {
    clip_.push_back(there[i]);
    level_.push_back(levels.level[i]);
    prediction_deviation_.push_back(pairs.prediction[i] - prediction_mean);
    label_deviation_.push_back(pairs.label[i] - label_mean);
    const double error = pairs.prediction[i] - pairs.label[i];
    squared_error_.push_back(error * error);
  }
  constant_prediction_ = constant(pairs.prediction);
  constant_label_ = constant(pairs.label);
  levels_ = levels.count;
  group_ends_ = std::move(order.group_ends);
}

Pairs AxisResamples::all_clips() const {
  Pairs pairs;
  for (std::size_t clip = 0; clip < layout_.clips; ++clip) {
    if (!is_there_[clip]) continue;
    pairs.prediction.push_back(column_.prediction[clip]);
    pairs.label.push_back(column_.label[clip]);
  }
  return pairs;
}

Pairs AxisResamples::all_systems() const {
  Scratch scratch;
  SystemMeanPairs means;
  system_means(Resample::all(layout_), scratch, means);
  return std::move(means.means);
}

double AxisResamples::rounded(double mean) const {
  return column_.decimals ? metrics::round_decimals(mean, *column_.decimals) : mean;
}

metrics::PerMetric<double> AxisResamples::utterance_metrics(const Resample& resample,
                                                            Scratch& scratch) const {
  if (!resample.rater_draws.empty() && !column_.raters.empty()) return metrics_of_ratings(resample, scratch);
  scratch.times.resize(clip_.size());
  for (std::size_t i = 0; i < clip_.size(); ++i) scratch.times[i] = resample.times[clip_[i]];
  return metrics_of_times(scratch);
}

metrics::PerMetric<double> AxisResamples::metrics_of_times(Scratch& scratch) const {
  Moments moments;
  double squared_errors = 0;
  for (std::size_t i = 0; i < clip_.size(); ++i) {
    moments.add(scratch.times[i], prediction_deviation_[i], label_deviation_[i]);
    squared_errors += scratch.times[i] * squared_error_[i];
  }
  if (moments.n == 0) return {kUndefined, kUndefined, kUndefined, kUndefined};
  const auto ranks =
      metrics::weighted_rank_metrics({group_ends_, level_, levels_, scratch.times}, scratch.ranks);
  return {squared_errors / moments.n, ranks.srcc.value ? moments.lcc() : kUndefined, number(ranks.srcc),
          number(ranks.ktau)};
}

double AxisResamples::drawn_label(std::uint32_t clip, std::span<const std::uint32_t> draws) const {
  const std::vector<double>& ratings = column_.raters[clip];
  if (ratings.empty()) return column_.label[clip];
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < ratings.size(); ++i) {
    const double rating = ratings[(std::uint64_t{draws[i]} * ratings.size()) >> 32];
    if (std::isnan(rating)) continue;
    sum += rating;
    ++count;
  }
  return count == 0 ? kUndefined : sum / static_cast<double>(count);
}

// The label of every drawn clip, in the order of the resample.
void AxisResamples::rate(const Resample& resample, Scratch& scratch) const {
  scratch.rated.clear();
  std::span<const std::uint32_t> draws = resample.rater_draws;
  std::size_t i = 0;
  for (const std::uint32_t system : resample.systems)
    for (const std::uint32_t clip : layout_.clips_of(system)) {
      for (std::uint32_t time = 0; time < resample.system_times[i]; ++time) {
        scratch.rated.push_back(drawn_label(clip, draws));
        draws = draws.subspan(layout_.raters[clip]);
      }
      ++i;
    }
}

metrics::PerMetric<double> AxisResamples::metrics_of_ratings(const Resample& resample,
                                                             Scratch& scratch) const {
  rate(resample, scratch);
  // Regroups the labels by clip, because the order of predictions is an order of clips.
  scratch.first.assign(layout_.clips, 0);
  std::exclusive_scan(resample.times.begin(), resample.times.end(), scratch.first.begin(), 0U);
  scratch.rated_by_clip.resize(scratch.rated.size());
  std::size_t i = 0;
  std::size_t drawn = 0;
  for (const std::uint32_t system : resample.systems)
    for (const std::uint32_t clip : layout_.clips_of(system)) {
      for (std::uint32_t time = 0; time < resample.system_times[i]; ++time)
        scratch.rated_by_clip[scratch.first[clip]++] = scratch.rated[drawn++];
      ++i;
    }
  // In the order of the predictions; first[clip] is now one past the clip's last label.
  scratch.prediction.clear();
  scratch.label.clear();
  scratch.group_ends.clear();
  std::size_t begin = 0;
  for (const std::uint32_t end : group_ends_) {
    for (; begin < end; ++begin) {
      const std::uint32_t clip = clip_[begin];
      for (std::uint32_t k = scratch.first[clip] - resample.times[clip]; k < scratch.first[clip]; ++k) {
        if (std::isnan(scratch.rated_by_clip[k])) continue;
        scratch.prediction.push_back(column_.prediction[clip]);
        scratch.label.push_back(scratch.rated_by_clip[k]);
      }
    }
    const auto size = static_cast<std::uint32_t>(scratch.label.size());
    if (size > 0 && (scratch.group_ends.empty() || scratch.group_ends.back() != size))
      scratch.group_ends.push_back(size);
  }
  if (scratch.label.empty()) return {kUndefined, kUndefined, kUndefined, kUndefined};
  const metrics::Levels levels(scratch.label);
  scratch.times.assign(scratch.label.size(), 1);
  const auto ranks = metrics::weighted_rank_metrics(
      {scratch.group_ends, levels.level, levels.count, scratch.times}, scratch.ranks);
  return {number(metrics::mse(scratch.prediction, scratch.label)),
          number(metrics::lcc(scratch.prediction, scratch.label)), number(ranks.srcc), number(ranks.ktau)};
}

void AxisResamples::system_means(const Resample& resample, Scratch& scratch, SystemMeanPairs& result) const {
  const bool is_rated = !resample.rater_draws.empty() && !column_.raters.empty();
  if (is_rated) rate(resample, scratch);
  result.system.clear();
  result.means.prediction.clear();
  result.means.label.clear();
  std::size_t i = 0;
  std::size_t drawn = 0;
  for (const std::uint32_t system : resample.systems) {
    double prediction = 0;
    double label = 0;
    std::uint64_t clips = 0;
    for (const std::uint32_t clip : layout_.clips_of(system)) {
      const std::uint32_t times = resample.system_times[i++];
      if (is_rated) {
        for (std::uint32_t time = 0; time < times; ++time) {
          const double rated = scratch.rated[drawn++];
          if (!is_there_[clip] || std::isnan(rated)) continue;
          prediction += column_.prediction[clip];
          label += rated;
          ++clips;
        }
      } else if (times > 0 && is_there_[clip]) {
        prediction += times * column_.prediction[clip];
        label += times * column_.label[clip];
        clips += times;
      }
    }
    if (clips == 0) continue;
    const auto n = static_cast<double>(clips);
    result.system.push_back(system);
    result.means.prediction.push_back(rounded(constant_prediction_.value_or(prediction / n)));
    const double mean_label = is_rated ? label / n : constant_label_.value_or(label / n);
    result.means.label.push_back(column_.truth ? (*column_.truth)[system] : rounded(mean_label));
  }
}

metrics::PerMetric<double> AxisResamples::system_metrics(const Resample& resample, Scratch& scratch) const {
  system_means(resample, scratch, scratch.systems);
  return metrics::numbers_of(
      metrics::all_metrics(scratch.systems.means.prediction, scratch.systems.means.label));
}

}  // namespace qamro::statistics
