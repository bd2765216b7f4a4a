#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "qamro/evaluation/model_comparison.h"
#include "qamro/metrics/metric.h"
#include "qamro/training/cross_validation.h"

namespace qamro::experiments {

// The metric that is compared, and the largest p-value at which a difference counts.
inline constexpr metrics::Metric kComparedMetric = metrics::Metric::srcc;
inline constexpr double kSignificance = 0.05;

// Scores of all clips by one variant or baseline.
struct AblationScores {
  std::string name;
  std::optional<double> preference_factor;  // if the row is from ablate.preference_factors
  at::Tensor scores;                        // [n, axes] double, output scale; NaN: none
  at::Tensor per_seed = {};                 // [seeds, n, axes]; their mean is `scores`; undefined: no seeds
};

struct AblationRow {
  evaluation::ComparedModel model;
  std::optional<double> preference_factor;
  std::optional<double> utterance_p, system_p;  // of the SRCC's difference, Holm over its table's rows
};

// The choice of all clips; another is "without Reference".
inline constexpr const char* kAllClips = "all clips";

// One axis over one choice of clips ("all clips", "without Reference"). Rows of preference factors
// have a table of their own, because they are all the same loss; they too are compared with the first
// row of `table`.
struct AblationScope {
  std::string axis;
  std::string clips;
  std::vector<AblationRow> table;    // all others are compared with the first
  std::vector<AblationRow> factors;  // by rising factor
};

// Appends other models' scores from the label file, which are for the first axis, and the look-up table's
// scores if systems are known.
void add_baselines(const training::Recipe& recipe, const training::Dataset& dataset,
                   const std::vector<training::Fold>& folds, std::vector<AblationScores>& scores);

// For each axis: all clips, and the clips without ablate.exclude_systems.
std::vector<AblationScope> compare_scores(const training::Recipe& recipe, const training::Dataset& dataset,
                                          const std::vector<AblationScores>& scores);

// Throws InvalidInput if ablate.exclude_systems names a system that no clip has.
void check_excluded_systems(const training::Recipe& recipe, const training::Dataset& dataset);

}  // namespace qamro::experiments
