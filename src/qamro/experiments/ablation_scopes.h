#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "qamro/evaluation/model_comparison.h"
#include "qamro/training/cross_validation.h"

namespace qamro::experiments {

// What is told apart, and from which p-value on.
inline constexpr std::size_t kSrcc = 2;  // in evaluation::kMetricNames
inline constexpr double kSignificance = 0.05;

// Scores of all clips by one variant or baseline.
struct AblationScores {
  std::string name;
  std::optional<double> preference_factor;  // of a row of ablate.preference_factors
  at::Tensor scores;                        // [n, axes] double, output scale; NaN: none
  at::Tensor per_seed = {};                 // [seeds, n, axes], whose mean they are; undefined: of no seed
};

struct AblationRow {
  evaluation::ComparedModel model;
  std::optional<double> preference_factor;
  std::optional<double> utterance_p, system_p;  // of the SRCC's difference, Holm over the rows of its table
};

// The choice of all clips, beside "without Reference".
inline constexpr const char* kAllClips = "all clips";

// One axis over one choice of clips ("all clips", "without Reference"). Rows of preference factors are a
// table of their own, since all of them are the same loss; they are compared with the first row as well.
struct AblationScope {
  std::string axis;
  std::string clips;
  std::vector<AblationRow> table;    // the first is what the others are compared with
  std::vector<AblationRow> factors;  // rising
};

// The scores in front of other models' scores from the label file, which stand for the first axis, and of the
// look-up table.
void add_baselines(const training::Recipe& recipe, const training::Dataset& dataset,
                   const std::vector<training::Fold>& folds, std::vector<AblationScores>& scores);

// For each axis all clips, and those without ablate.exclude_systems.
std::vector<AblationScope> compare_scores(const training::Recipe& recipe, const training::Dataset& dataset,
                                          const std::vector<AblationScores>& scores);

// Throws InvalidInput where ablate.exclude_systems names a system that no clip has.
void check_excluded_systems(const training::Recipe& recipe, const training::Dataset& dataset);

}  // namespace qamro::experiments
