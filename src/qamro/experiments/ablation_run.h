#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "qamro/experiments/ablation_scopes.h"
#include "qamro/training/cross_validation.h"

namespace qamro::experiments {

// A row of the ablation: the recipe with its losses, and the folder where its runs keep their files.
struct AblationJob {
  std::string name;
  std::optional<double> preference_factor;  // of a row of ablate.preference_factors
  training::Recipe recipe;
  std::filesystem::path folder;
};

// The rows that the recipe names (training::ablation_variants), each with a folder below `output`. Throws
// InvalidInput: two rows of one name, an ablate.reference that is none.
std::vector<AblationJob> ablation_jobs(const training::Recipe& recipe, const std::filesystem::path& output);

// Names recipes and data of all rows, for training::open_run_folder.
std::string ablation_fingerprint(const std::vector<AblationJob>& jobs, const training::Dataset& dataset);

// Epochs that all runs of all rows have at most.
std::int64_t most_epochs(const std::vector<AblationJob>& jobs, const std::vector<training::Fold>& folds);

// Trains all rows side by side and writes each one's out_of_fold.csv. In the order of the jobs, but for
// ablate.reference, which comes first. options.folder is not looked at.
std::vector<AblationScores> train_ablation(const std::vector<AblationJob>& jobs,
                                           const training::Dataset& dataset,
                                           const std::vector<training::Fold>& folds,
                                           const training::ExecutionOptions& options);

// ablation.json, ablation.csv and ablation.md, and where factors were swept preference_factor.csv.
void write_ablation_results(const std::filesystem::path& output, const training::Recipe& recipe,
                            const training::Dataset& dataset, std::size_t folds,
                            const std::vector<AblationScope>& scopes);

}  // namespace qamro::experiments
