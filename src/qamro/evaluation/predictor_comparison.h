#pragma once

#include <array>
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
  std::optional<double> difference;  // first less second
  // Paired bootstrap: both see the same resamples; difference ± Student's t times the spread of the resampled
  // differences, and the p-value of the same t. None where undefined.
  std::optional<Interval> interval;
  std::optional<double> p_bootstrap;
  std::optional<double> p_permutation;  // see paired_permutation.h
};

struct PredictorLevel {
  std::size_t n = 0;                          // clips, or systems, that both score
  std::array<ComparedPredictors, 4> metrics;  // as kMetricNames
};

struct PredictorComparison {
  std::string axis;
  std::optional<PredictorLevel> utterance;
  std::optional<PredictorLevel> system;
};

// Two predictors' scores of the same clips, joined to the same labels: `second` [axis][clip] beside those of
// `first`. Clips that one of them does not score leave both. What is drawn and what changes sides follows
// `options`: clips, whole systems or whole groups; at the system level systems change sides (groups are drawn
// by the bootstrap alone). Throws InvalidInput as evaluate().
std::vector<PredictorComparison> compare_predictors(const JoinedScores& first,
                                                    const std::vector<std::vector<double>>& second,
                                                    const EvaluationOptions& options = {},
                                                    std::int64_t permutations = 2'000);

}  // namespace qamro::evaluation
