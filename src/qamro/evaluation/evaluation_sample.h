#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/evaluation/evaluate.h"
#include "qamro/statistics/axis_resamples.h"
#include "qamro/statistics/bootstrap.h"

namespace qamro::evaluation {

// The metrics of every resample of every axis.
class ResampledMetrics {
 public:
  // values: [resample][axis][metric]
  ResampledMetrics(std::size_t axes, std::vector<double> values) : axes_(axes), values_(std::move(values)) {}

  // One metric of one axis in every resample; NaN: undefined.
  std::vector<double> column(std::size_t axis, metrics::Metric metric) const {
    return statistics::column_of(values_, metrics::kMetricCount * axes_,
                                 metrics::kMetricCount * axis + metrics::index_of(metric));
  }

 private:
  std::size_t axes_;
  std::vector<double> values_;
};

// JoinedScores ready to be resampled.
class EvaluationSample {
 public:
  // The scores must outlive this. Throws InvalidInput if the scores do not fit together (see
  // JoinedScores::validate()), if the truth lacks a system with clips, or if its shape does not fit.
  EvaluationSample(const JoinedScores& scores, const std::optional<SystemTruth>& truth,
                   std::optional<int> decimals);
  EvaluationSample(const EvaluationSample&) = delete;  // axes refer to the layout
  EvaluationSample& operator=(const EvaluationSample&) = delete;

  const statistics::SampleLayout& layout() const { return layout_; }
  const std::vector<statistics::AxisResamples>& axes() const { return axes_; }

  // Number of units drawn on the axis: clips, systems or groups.
  std::size_t units(std::size_t axis, statistics::ResamplingUnit unit, bool system_level) const;

  // What the metrics of an axis are taken over: all clips, or the means of all systems.
  statistics::Pairs points(std::size_t axis, bool system_level) const {
    return system_level ? axes_[axis].all_systems() : axes_[axis].all_clips();
  }

  // For every axis of every resample, calls compute(axis, resample, scratch, out), which writes `per_axis`
  // numbers. Returns [resample][axis][number]. All axes see the same resamples.
  template <typename Compute>
  std::vector<double> resample(const statistics::ResamplingScheme& scheme, std::string_view purpose,
                               const statistics::BootstrapOptions& options, std::size_t per_axis,
                               const Compute& compute) const {
    return statistics::bootstrap_values(
        axes_.size() * per_axis, purpose, options, [&](Random& random, std::span<double> out) {
          thread_local statistics::Resample drawn;
          thread_local statistics::AxisResamples::Scratch scratch;
          draw(layout_, scheme, random, drawn);
          for (std::size_t axis = 0; axis < axes_.size(); ++axis)
            compute(axes_[axis], drawn, scratch, out.subspan(axis * per_axis, per_axis));
        });
  }

  // The metrics of every axis, over resampled clips or the means of resampled systems.
  ResampledMetrics resample_metrics(const statistics::ResamplingScheme& scheme, std::string_view purpose,
                                    const statistics::BootstrapOptions& options, bool system_level) const;

 private:
  statistics::SampleLayout layout_;
  std::vector<statistics::AxisResamples> axes_;
};

}  // namespace qamro::evaluation
