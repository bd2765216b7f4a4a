#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>

#include "qamro/evaluation/clip_conditions.h"

namespace qamro::evaluation {

// {"known", "a_little_unlike", "far"}: numbers of clips.
nlohmann::ordered_json familiarity_json(const FamiliarityCounts& counts);

// {"systems": [{"system", "clips", "familiarity": familiarity_json(), "sample_rates_hz": [...], "channels":
// [...], "level_db", "duration_seconds"}], "familiarity": of all, "differing": [phrases]}; unknown numbers
// are null.
nlohmann::ordered_json conditions_json(std::span<const SystemConditions> systems);

}  // namespace qamro::evaluation
