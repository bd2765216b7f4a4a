#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/metrics/metric.h"
#include "qamro/statistics/bootstrap.h"
#include "qamro/statistics/noise_ceiling.h"
#include "qamro/statistics/resampling.h"

namespace qamro::evaluation {

// Labels and scores that seem to be on different scales, such as 0 to 100 and 1 to 5.
struct ScaleMismatch {
  statistics::Interval labels;  // lowest and highest
  statistics::Interval scores;
};

// Absent unless the two ranges share less than half of the wider one and the MSE is more than twice the
// labels' variance, which is the MSE of the best constant. Pairs with NaN do not count; fewer than three
// pairs, or labels that are all equal, say nothing.
std::optional<ScaleMismatch> find_scale_mismatch(std::span<const double> labels,
                                                 std::span<const double> scores);

// "labels lie between 3 and 98, scores between 1.2 and 4.9: if their scales differ, …"
std::string describe(const ScaleMismatch& mismatch);

// Labels and predictions of the same clips, joined, in file order.
struct JoinedScores {
  std::vector<std::string> axes;
  std::vector<std::vector<double>> labels;       // [axis][clip]; NaN: no label; the clip leaves that axis
  std::vector<std::vector<double>> predictions;  // [axis][clip]; NaN: as above
  std::vector<std::string> systems;              // [clip]; empty vector: not known
  std::vector<std::string> groups;               // [clip]; empty vector: none (for ResamplingUnit::kGroups)
  std::vector<std::vector<std::vector<double>>> raters =
      {};  // [axis][clip][rater]; their mean is the label. NaN: no rating. Empty: not known
  std::vector<std::string> parts = {};  // [clip], e.g. its domain; empty vector: none
  std::vector<std::string> keys = {};   // [clip], for messages and for pairing; empty vector: none
  std::vector<bool> in_training = {};   // [clip] its prediction's mark, see data/training_clips.h; or empty

  std::size_t clips() const { return labels.empty() ? 0 : labels.front().size(); }
  // Throws InvalidInput for lengths that do not fit, infinite numbers and empty system or group names.
  void validate() const;
};

// Listeners' opinion of each whole system, if it is not the mean label of the evaluated clips.
struct SystemTruth {
  std::vector<std::string> systems;
  std::vector<std::vector<double>> values;  // [axis][system], axes as in JoinedScores; NaN: none
};

struct EvaluationOptions {
  bool utterance_level = true;
  bool system_level = true;
  // Absent: the mean label of the evaluated clips ("split").
  std::optional<SystemTruth> system_truth = std::nullopt;
  // Rounds the system means of predictions and labels (not a given truth); see metrics/system_means.h.
  std::optional<int> decimals = std::nullopt;
  statistics::ResamplingUnit unit = statistics::ResamplingUnit::kPoints;
  // Also draws the raters of each clip, anew each time the clip is drawn. Needs JoinedScores::raters.
  bool raters = false;
  statistics::BootstrapOptions bootstrap = {};
  statistics::IntervalMethod interval = statistics::IntervalMethod::kStabilised;
};

struct MetricEstimate {
  metrics::MetricValue metric;
  statistics::BootstrapInterval bootstrap;  // no interval if the metric is undefined
};

struct LevelMetrics : metrics::PerMetric<MetricEstimate> {
  std::size_t n = 0;  // clips with both label and prediction, or systems with both
};

struct AxisEvaluation {
  std::string axis;
  std::optional<LevelMetrics> utterance;
  std::optional<LevelMetrics> system;
  std::optional<ScaleMismatch> scale_mismatch = std::nullopt;  // of labels and predictions
};

struct Evaluation {
  std::vector<AxisEvaluation> axes;
  statistics::BootstrapOptions bootstrap;
  statistics::ResamplingUnit unit = statistics::ResamplingUnit::kPoints;
  bool raters = false;
};

// Throws InvalidInput if the scores lack what the options ask for: systems, groups, raters.
void check_evaluation(const JoinedScores& scores, const EvaluationOptions& options);

// MSE, LCC, SRCC and KTAU of every axis and level, with bootstrap intervals. Throws InvalidInput if the data
// do not fit together, if the system level has no systems, if raters are to be drawn but none are known, or
// if a given truth lacks an evaluated system.
Evaluation evaluate(const JoinedScores& scores, const EvaluationOptions& options = {});

// statistics::noise_ceiling() of each axis. Only scores.raters and systems matter, not labels or predictions.
// strata: [clip] within and between which true opinions are shrunk; empty: systems, or one for all. Throws
// InvalidInput if the scores have no raters or do not fit together.
std::vector<statistics::NoiseCeiling> noise_ceilings(const JoinedScores& scores,
                                                     const statistics::CeilingOptions& options = {},
                                                     const std::vector<std::string>& strata = {});

}  // namespace qamro::evaluation
