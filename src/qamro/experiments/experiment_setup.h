#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/experiments/experiment.h"
#include "qamro/experiments/experiment_data.h"
#include "qamro/experiments/paper_layout.h"
#include "qamro/models/model_folder.h"

namespace qamro::experiments {

// The recipe of examples/ that belongs to the data, as text.
std::string_view recipe_text(DataKind kind);

// How an experiment is set up, before anything is computed.
struct ExperimentSetup {
  ExperimentData data;
  training::Recipe recipe;
  std::string model;                                // encoder
  std::string layout;                               // of its embeddings; "": the model's own
  std::optional<models::ModelDescription> encoder;  // absent if it is missing
  bool scores_itself = false;                       // the usual encoder's embeddings hold its own score
  std::vector<Missing> missing;
  // The number of parts in which systems are held out, in addition to the recipe's split (0: one per system).
  // Absent for fig1, for fewer than two systems, or if a clip has no system.
  std::optional<std::int64_t> hold_out_folds;
  const PaperTable* paper = nullptr;  // the table that the experiment lays out
};

// Reads the data and the recipe and makes them fit each other. Looks for audio, weights and prompts. Throws
// as run_experiment() does.
ExperimentSetup prepare_experiment(const ExperimentOptions& options);

}  // namespace qamro::experiments
