#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
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
  std::vector<std::string> notes;     // row_notes(), and why there is no look-up row
};

// Trains all rows on the embeddings in OUTPUT, or leaves them out if there are none (is_embedded is false).
// Adds the encoder's own score, the look-up table and the constant after them.
ExperimentRows make_rows(const ExperimentSetup& setup, const ExperimentOptions& options, bool is_embedded,
                         const ExperimentObserver& observer);

// SRCC of each seed's scores alone; the rows of the tables are means over seeds.
struct SeedSpread {
  std::string axis, model;
  std::vector<std::optional<double>> utterance, system;  // one per seed; `system` is empty if a clip has none
};

// For all trained models, over the clips that they score.
std::vector<SeedSpread> seed_spread(const training::Recipe& recipe, const training::Dataset& dataset,
                                    const std::vector<AblationScores>& scores);

// A table with the range of SRCC over seeds (".640 to .655") per model, axis and level; "" without two seeds.
std::string render_seeds(std::span<const SeedSpread> spreads);
nlohmann::ordered_json seeds_json(std::span<const SeedSpread> spreads);

}  // namespace qamro::experiments
