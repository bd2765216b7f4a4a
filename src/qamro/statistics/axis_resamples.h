#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "qamro/metrics/metric.h"
#include "qamro/metrics/weighted_ranks.h"
#include "qamro/statistics/resampling.h"

namespace qamro::statistics {

// Two series to correlate.
struct Pairs {
  std::vector<double> prediction;
  std::vector<double> label;
};

// One axis of a sample.
struct AxisColumn {
  std::span<const double> prediction;  // [clip]; NaN: the clip leaves the axis
  std::span<const double> label;       // [clip]; NaN: as above
  // [clip][rater]; NaN: no rating. Empty: no raters known. A clip with an empty list keeps its label.
  std::span<const std::vector<double>> raters = {};
  // [system of the layout]: what listeners think of it; absent: the mean label of its clips.
  std::optional<std::vector<double>> truth = std::nullopt;
  std::optional<int> decimals = std::nullopt;  // rounds system means, not the truth
};

// Means of the systems that were drawn and have a clip on the axis, in the order of the resample. Each mean
// sums its clips in file order.
struct SystemMeanPairs {
  std::vector<std::uint32_t> system;
  Pairs means;
};

// Computes the metrics of resamples of one axis. What all resamples share (order, levels, deviations)
// is computed once, so that a resample of n clips takes about n small steps and no sorting, unless
// raters are drawn.
class AxisResamples {
 public:
  // The column's spans and the layout must outlive this.
  AxisResamples(const SampleLayout& layout, AxisColumn column);

  std::size_t clips() const { return clip_.size(); }  // of the axis
  bool has_clip(std::size_t clip) const { return is_there_[clip]; }
  // Working memory; one per thread.
  struct Scratch {
    metrics::RankScratch ranks;
    std::vector<std::uint32_t> times;
    std::vector<std::uint32_t> group_ends;
    std::vector<std::uint32_t> first;   // [clip]
    std::vector<double> rated;          // [drawn clip in order]
    std::vector<double> rated_by_clip;  // the same, clip by clip
    std::vector<double> prediction;
    std::vector<double> label;
    SystemMeanPairs systems;
  };

  // NaN: undefined in this resample.
  metrics::PerMetric<double> utterance_metrics(const Resample& resample, Scratch& scratch) const;
  metrics::PerMetric<double> system_metrics(const Resample& resample, Scratch& scratch) const;
  void system_means(const Resample& resample, Scratch& scratch, SystemMeanPairs& means) const;

  Pairs all_clips() const;    // in file order
  Pairs all_systems() const;  // in the layout's order

 private:
  metrics::PerMetric<double> metrics_of_times(Scratch& scratch) const;
  metrics::PerMetric<double> metrics_of_ratings(const Resample& resample, Scratch& scratch) const;
  void rate(const Resample& resample, Scratch& scratch) const;
  double drawn_label(std::uint32_t clip, std::span<const std::uint32_t> draws) const;
  double rounded(double mean) const;

  const SampleLayout& layout_;
  AxisColumn column_;
  std::vector<bool> is_there_;  // [clip]
  // Clips of the axis in the order of their predictions.
  std::vector<std::uint32_t> clip_;
  std::vector<std::uint32_t> group_ends_;
  std::vector<std::uint32_t> level_;
  std::uint32_t levels_ = 0;
  std::vector<double> prediction_deviation_;  // from the mean
  std::vector<double> label_deviation_;
  std::vector<double> squared_error_;
  // The value that all clips share, if they do. The means of such systems are exactly this number; rounding
  // errors in computed means would give them a correlation.
  std::optional<double> constant_prediction_;
  std::optional<double> constant_label_;
};

}  // namespace qamro::statistics
