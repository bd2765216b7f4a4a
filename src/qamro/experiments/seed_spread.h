#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/experiments/ablation_scopes.h"

namespace qamro::experiments {

// SRCC of each seed's scores alone, where the rows of the tables are means over seeds.
struct SeedSpread {
  std::string axis, model;
  std::vector<std::optional<double>> utterance, system;  // one a seed; system empty where none is known
};

// Of all models that were trained, over the clips that they score.
std::vector<SeedSpread> seed_spread(const training::Recipe& recipe, const training::Dataset& dataset,
                                    const std::vector<AblationScores>& scores);

// "utterance SRCC of single seeds: regression only .640 to .655" …, where there is more than one seed.
std::string render_seeds(std::span<const SeedSpread> spreads);
nlohmann::ordered_json seeds_json(std::span<const SeedSpread> spreads);

}  // namespace qamro::experiments
