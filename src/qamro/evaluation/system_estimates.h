#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "qamro/evaluation/evaluate.h"

namespace qamro::evaluation {

// A system's mean on one side (labels or predictions) and its place among all systems (1: best). Equal means
// share a place.
struct SystemEstimate {
  double mean = 0;
  std::optional<statistics::Interval>
      mean_interval;  // absent for a given truth, a single clip, or without resamples
  std::size_t rank = 0;
  std::optional<statistics::Interval> rank_interval;  // rounded outwards to whole places; absent as above
};

struct EstimatedSystem {
  std::string system;
  std::size_t clips = 0;  // with both label and prediction
  SystemEstimate label;
  SystemEstimate prediction;
};

struct AxisSystems {
  std::string axis;
  std::vector<EstimatedSystem> systems;  // in the order of their first clip
};

// Estimates every system on every axis. Means are taken as in metrics/system_means.h. Their intervals are
// those of statistics::mean_interval(), as compare's; if groups or raters are drawn, mean ± Student's t times
// the spread of the resampled means. Intervals of ranks are quantiles of the resampled ranks. Throws
// InvalidInput as evaluate() does at the system level.
std::vector<AxisSystems> estimate_systems(const JoinedScores& scores, const EvaluationOptions& options = {});

}  // namespace qamro::evaluation
