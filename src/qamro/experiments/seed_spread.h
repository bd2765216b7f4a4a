#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/experiments/ablation_scopes.h"

namespace qamro::experiments {

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
