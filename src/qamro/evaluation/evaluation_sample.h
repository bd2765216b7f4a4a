#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/evaluation/axis_resamples.h"
#include "qamro/evaluation/bootstrap.h"
#include "qamro/evaluation/evaluate.h"

namespace qamro::evaluation {

// JoinedScores ready to be resampled.
class EvaluationSample {
 public:
  // The scores must outlive this. Throws InvalidInput if the scores do not fit together (see
  // JoinedScores::validate()), if the truth lacks a system with clips, or if its shape does not fit.
  EvaluationSample(const JoinedScores& scores, const std::optional<SystemTruth>& truth,
                   std::optional<int> decimals);
  EvaluationSample(const EvaluationSample&) = delete;  // axes refer to the layout
  EvaluationSample& operator=(const EvaluationSample&) = delete;

  const SampleLayout& layout() const { return layout_; }
  const std::vector<AxisResamples>& axes() const { return axes_; }
  bool has_raters() const { return !layout_.raters.empty(); }

  // Number of units drawn on the axis: clips, systems or groups.
  std::size_t units(std::size_t axis, ResamplingUnit unit, bool system_level) const;

  // For every axis of every resample, calls statistics(axis, resample, scratch, out), which writes `per_axis`
  // numbers. Returns [resample][axis][number]. All axes see the same resamples.
  template <typename Statistics>
  std::vector<double> resample(const ResamplingScheme& scheme, std::string_view purpose,
                               const BootstrapOptions& options, std::size_t per_axis,
                               const Statistics& statistics) const {
    return bootstrap_values(
        axes_.size() * per_axis, purpose, options, [&](Random& random, std::span<double> out) {
          thread_local Resample drawn;
          thread_local AxisResamples::Scratch scratch;
          draw(layout_, scheme, random, drawn);
          for (std::size_t axis = 0; axis < axes_.size(); ++axis)
            statistics(axes_[axis], drawn, scratch, out.subspan(axis * per_axis, per_axis));
        });
  }

 private:
  SampleLayout layout_;
  std::vector<AxisResamples> axes_;
};

}  // namespace qamro::evaluation
