#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "qamro/evaluation/bootstrap.h"
#include "qamro/metrics/metric_value.h"

namespace qamro::evaluation {

// Labels and predictions of the same clips, joined, in file order.
struct JoinedScores {
  std::vector<std::string> axes;
  std::vector<std::vector<double>> labels;       // [axis][clip]; NaN: none, the clip leaves that axis
  std::vector<std::vector<double>> predictions;  // [axis][clip]; NaN: as above
  std::vector<std::string> systems;              // [clip]; empty vector: not known
  std::vector<std::string> groups;               // [clip]; empty vector: none (for ResamplingUnit::kGroups)
  std::vector<std::vector<std::vector<double>>> raters =
      {};  // [axis][clip][rater], whose mean is the label; NaN: said nothing. Empty: none
  std::vector<std::string> parts = {};  // [clip], e.g. its domain; empty vector: none
  std::vector<std::string> keys = {};   // [clip], for messages and for pairing; empty vector: none

  std::size_t clips() const { return labels.empty() ? 0 : labels.front().size(); }
  // Throws InvalidInput for lengths that do not fit, infinite numbers and empty system or group names.
  void validate() const;
};

// What listeners are taken to think of a whole system, when it is not the mean label of the evaluated clips.
struct SystemTruth {
  std::vector<std::string> systems;
  std::vector<std::vector<double>> values;  // [axis][system], axes as in JoinedScores; NaN: none
};

// What is random, and so what an interval says ("if the experiment were repeated with other ...").
//   kPoints   the points that a metric is taken over: clips at the utterance level, systems (with all their
//   clips)
//             at the system level
//   kClips    other clips of the same systems: all clips are drawn (utterance level), or the clips within
//   each
//             system (system level; every system stays in). At the system level such an interval is biased
//             and may lie beside the value: a resampled mean carries the noise of its clips twice.
//   kSystems  other systems: whole systems are drawn, with all their clips, at both levels
//   kGroups   other groups (sentences, prompts, listeners): whole groups are drawn, and system means are
//   taken
//             over the clips drawn; a system without any is left out of that resample; biased as kClips is
enum class ResamplingUnit { kPoints, kClips, kSystems, kGroups };

struct EvaluationOptions {
  bool utterance_level = true;
  bool system_level = true;
  // Absent: the mean label of the evaluated clips ("split").
  std::optional<SystemTruth> system_truth = std::nullopt;
  // Rounds the system means of predictions and labels (not a given truth); see metrics/system_means.h.
  std::optional<int> decimals = std::nullopt;
  ResamplingUnit unit = ResamplingUnit::kPoints;
  BootstrapOptions bootstrap = {};
};

struct MetricEstimate {
  metrics::MetricValue metric;
  BootstrapInterval bootstrap;  // no interval where the metric is undefined
};

struct LevelMetrics {
  std::size_t n = 0;  // clips with both label and prediction, or systems with both
  MetricEstimate mse;
  MetricEstimate lcc;
  MetricEstimate srcc;
  MetricEstimate ktau;
};

struct AxisEvaluation {
  std::string axis;
  std::optional<LevelMetrics> utterance;
  std::optional<LevelMetrics> system;
};

struct Evaluation {
  std::vector<AxisEvaluation> axes;
  BootstrapOptions bootstrap;
  ResamplingUnit unit = ResamplingUnit::kPoints;
};

// MSE, LCC, SRCC and KTAU of every axis and level, with bootstrap intervals. Throws InvalidInput for data
// that do not fit together, a system level without systems, and a given truth that lacks an evaluated system.
Evaluation evaluate(const JoinedScores& scores, const EvaluationOptions& options = {});

}  // namespace qamro::evaluation
