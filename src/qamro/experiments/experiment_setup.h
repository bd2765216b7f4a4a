#pragma once

#include <optional>
#include <string>
#include <vector>

#include "qamro/experiments/experiment.h"
#include "qamro/experiments/experiment_data.h"
#include "qamro/experiments/paper_tables.h"
#include "qamro/predictors/model_folder.h"

namespace qamro::experiments {

// What an experiment goes by, before anything is computed.
struct ExperimentSetup {
  ExperimentData data;
  training::Recipe recipe;
  std::string model;                                    // encoder
  std::string layout;                                   // of its embeddings; "": its own
  std::optional<predictors::ModelDescription> encoder;  // none where it is missing
  std::vector<Missing> missing;
  // Systems are held out besides the recipe's split, dealt to so many parts (0: one a system); none where the
  // data have no system that trains, or the experiment has no such row.
  std::optional<std::int64_t> hold_out_folds;
  const PaperTable* paper = nullptr;  // that the experiment lays out
};

// Reads the data and the recipe and makes them fit each other; looks for audio and weights. Throws as
// run_experiment().
ExperimentSetup prepare_experiment(const ExperimentOptions& options);

}  // namespace qamro::experiments
