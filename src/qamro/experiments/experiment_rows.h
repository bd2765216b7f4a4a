#pragma once

#include <string>
#include <vector>

#include "qamro/experiments/ablation_scopes.h"
#include "qamro/experiments/experiment_setup.h"

namespace qamro::experiments {

// What the tables of an experiment are made from.
struct ExperimentRows {
  training::Dataset dataset;
  std::vector<training::Fold> folds;
  std::vector<AblationScores> scores;
  std::vector<std::string> left_out;  // rows that could not be made
};

// Trains all rows on the embeddings in OUTPUT, or leaves them out if there are none (is_embedded is false).
// Adds the encoder's own score, the look-up table and the constant after them.
ExperimentRows make_rows(const ExperimentSetup& setup, const ExperimentOptions& options, bool is_embedded,
                         const ExperimentObserver& observer);

}  // namespace qamro::experiments
