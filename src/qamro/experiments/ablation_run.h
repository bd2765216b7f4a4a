#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/experiments/ablation_scopes.h"
#include "qamro/experiments/ablation_tables.h"
#include "qamro/training/cross_validation.h"

namespace qamro::experiments {

// A row of the ablation: the recipe with its losses, and the folder where its runs keep their files.
struct AblationJob {
  std::string name;
  std::optional<double> preference_factor;  // if the row is from ablate.preference_factors
  training::Recipe recipe;
  std::filesystem::path folder;
};

// The rows that the recipe names (training::ablation_variants), each with a folder below `output`. Throws
// InvalidInput if two rows have the same name or if ablate.reference names no row.
std::vector<AblationJob> ablation_jobs(const training::Recipe& recipe, const std::filesystem::path& output);

// A hash of the recipes and data of all rows, for training::open_run_folder.
std::string ablation_fingerprint(const std::vector<AblationJob>& jobs, const training::Dataset& dataset);

// The most epochs that all runs of all rows take together.
std::int64_t max_total_epochs(const std::vector<AblationJob>& jobs, const std::vector<training::Fold>& folds);

// Trains all rows side by side and writes each row's out_of_fold.csv. Returns them in the order of the jobs,
// except that ablate.reference comes first. Ignores options.folder.
std::vector<AblationScores> train_ablation(const std::vector<AblationJob>& jobs,
                                           const training::Dataset& dataset,
                                           const std::vector<training::Fold>& folds,
                                           const training::ExecutionOptions& options);

// Writes ablation.json, ablation.csv and ablation.md, and preference_factor.csv if factors were swept.
void write_ablation_results(const std::filesystem::path& output, const training::Recipe& recipe,
                            const training::Dataset& dataset, std::size_t folds,
                            const std::vector<AblationScope>& scopes, const std::vector<std::string>& notes);

// What one part of the loss is worth at one level: SRCC of the row with it minus SRCC of the row without it,
// paired on the same clips, folds and seeds.
struct StepLevel {
  double difference = 0.0;
  std::optional<statistics::Interval> interval;
  std::optional<RowTest> test;  // Holm over the steps at this level
  std::size_t units = 0;        // that change sides in it
};

struct AblationStep {
  std::string part;  // "quality weighting"
  std::string with, without;
  std::optional<StepLevel> utterance, system;  // absent if undefined
};

struct ScopeSteps {
  std::string axis, clips;
  std::vector<AblationStep> steps;
};

// The paper's claims one by one, if both rows of a claim are among the scores: does ranking with a fixed
// margin improve on regression, the adaptive margin on the fixed one, and quality weighting on the
// adaptive margin? Intervals and tests as in compare_scores(). For each axis: all clips, and
// the clips without ablate.exclude_systems.
std::vector<ScopeSteps> ablation_steps(const training::Recipe& recipe, const training::Dataset& dataset,
                                       const std::vector<AblationScores>& scores);

// One line per step and level, which ends with "helps", "hurts", "cannot be told from chance", or "undecided"
// if the test could not have shown a difference.
std::string render_steps(std::span<const ScopeSteps> scopes, const TestedUnits& units);
nlohmann::ordered_json steps_json(std::span<const ScopeSteps> scopes);

}  // namespace qamro::experiments
