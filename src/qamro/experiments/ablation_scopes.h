#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
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
  std::optional<training::RunEnds> ends = {};  // of a trained row
  // False: one number per fold. It has an MSE, but correlations would only show the folds, so it gets none.
  bool has_order = true;
};

// The permutation test of a difference in kComparedMetric, after Holm's correction over the tests of one
// level of one table.
struct RowTest {
  double p = 1.0;
  double smallest_p = 0.0;  // that the test can give: it depends on units and permutations alone

  bool shows_difference() const { return p <= kSignificance; }
  bool can_show_difference() const { return smallest_p <= kSignificance; }
};

using Level = std::optional<evaluation::ComparedLevel> evaluation::ComparedModel::*;

// Absent for a model without a difference: the reference, or an undefined metric.
std::vector<std::optional<RowTest>> corrected_tests(std::span<const evaluation::ComparedModel> models,
                                                    Level level, std::int64_t permutations);

struct AblationRow {
  evaluation::ComparedModel model;
  std::optional<double> preference_factor;
  std::optional<RowTest> utterance_test, system_test;
  std::optional<training::RunEnds> ends;  // of a trained row
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

// Appends the look-up table's scores if systems are known and the table can differ from the constant. Returns
// why they are left out; "" otherwise.
std::string add_lookup(const std::string& name, const training::Dataset& dataset,
                       const std::vector<training::Fold>& folds, std::vector<AblationScores>& scores);

// Appends other models' scores from the label file, which are for the first axis, and the look-up table's.
// Returns as add_lookup() does.
std::string add_baselines(const training::Recipe& recipe, const training::Dataset& dataset,
                          const std::vector<training::Fold>& folds, std::vector<AblationScores>& scores);

// For each axis: all clips, and the clips without ablate.exclude_systems.
std::vector<AblationScope> compare_scores(const training::Recipe& recipe, const training::Dataset& dataset,
                                          const std::vector<AblationScores>& scores);

// Throws InvalidInput if ablate.exclude_systems names a system that no clip has.
void check_excluded_systems(const training::Recipe& recipe, const training::Dataset& dataset);

}  // namespace qamro::experiments
