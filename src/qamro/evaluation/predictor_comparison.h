#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "qamro/evaluation/evaluate.h"

namespace qamro::evaluation {

// One metric of two predictors, and whether they differ.
struct ComparedPredictors {
  metrics::MetricValue first;
  metrics::MetricValue second;
  std::optional<double> difference;  // first minus second
  // Paired bootstrap (both predictors see the same resamples): difference ± Student's t times the spread of
  // the resampled differences, and the p-value of the same t. Absent if undefined.
  std::optional<statistics::Interval> interval;
  std::optional<double> p_bootstrap;
  std::optional<double> error;          // the standard error that both rest on; absent if it is 0
  std::optional<double> p_permutation;  // see paired_permutation.h
};

struct PredictorLevel {
  std::size_t n = 0;      // clips, or systems, that both score
  std::size_t units = 0;  // what changes sides as a whole: clips, systems or groups
  metrics::PerMetric<ComparedPredictors> metrics;
};

struct PredictorComparison {
  std::string axis;
  std::optional<PredictorLevel> utterance;
  std::optional<PredictorLevel> system;
};

// Compares two predictors of the same clips with the same labels. second: [axis][clip], beside
// first.predictions. Clips that either predictor does not score leave both. `options` says what is drawn and
// what changes sides: clips, whole systems or whole groups. At the system level, systems change sides; only
// the bootstrap draws groups. Throws InvalidInput as evaluate() does.
std::vector<PredictorComparison> compare_predictors(const JoinedScores& first,
                                                    const std::vector<std::vector<double>>& second,
                                                    const EvaluationOptions& options = {},
                                                    std::int64_t permutations = 2'000);

}  // namespace qamro::evaluation
