#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "qamro/evaluation/evaluate_tables.h"
#include "qamro/evaluation/predictor_comparison.h"
#include "qamro/statistics/power.h"

namespace qamro::evaluation {

// Two predictors under the names that a reader knows them by.
struct PredictorNames {
  std::string first;
  std::string second;
};

struct VerdictOptions {
  metrics::Metric metric = metrics::Metric::srcc;  // what the verdict and the power are about
  double power = 0.8;                              // above .5; see statistics::MeanPowerOptions
  std::int64_t permutations = 10'000;
};

// How many units (what was drawn and tested: clips, systems or groups) would settle a comparison.
struct UnitsToSettle {
  std::string unit;             // "clips", "systems" or "groups"
  std::size_t units = 0;        // at hand
  std::size_t enough = 0;       // if the difference is as large as it looks
  std::size_t at_interval = 0;  // if it is as large as its interval allows
};

struct PredictorVerdict {
  std::string axis;
  // "mos utterance: for new clips of these systems, a.csv is better: srcc 0.900 and 0.800, p = .010": whom it
  // speaks of follows from what is drawn.
  std::string utterance;
  std::string system;  // likewise; empty: no system level
  // For the utterance level; absent if it is undefined or has no spread, or without raters.
  std::optional<UnitsToSettle> units;
  std::optional<statistics::PowerCurve> raters;
  // The same in words; empty if the utterance level is settled or undefined.
  std::string more_data;
};

// Everything that `qamro compare --labels` finds out.
struct PredictorResults {
  PredictorNames names;
  EvaluationOptions how;
  std::int64_t permutations = 0;
  std::vector<PredictorComparison> comparison;
  std::vector<PredictorVerdict> verdicts;  // one per axis, as in comparison
  data::SeenClips seen_by_first = {};      // the clips that each was trained on
  data::SeenClips seen_by_second = {};
};

// compare_predictors() with verdicts: whether one metric differs, by the permutation test, corrected by Holm
// over the axes of a level, at 1 - confidence.
PredictorResults judge_predictors(const PredictorNames& names, const JoinedScores& first,
                                  const std::vector<std::vector<double>>& second,
                                  const EvaluationOptions& how, const VerdictOptions& options = {});

// judge_predictors() of two tables that were joined with the same labels. The system level is compared if
// every clip of the first has a system; choices.level does not count. Throws InvalidInput if the second lacks
// an axis of the first, and as evaluation_options() and judge_predictors() do.
PredictorResults judge_tables(const PredictorNames& names, const JoinedTables& first,
                              const JoinedTables& second, const EvaluationChoices& choices,
                              const VerdictOptions& options = {});

}  // namespace qamro::evaluation
