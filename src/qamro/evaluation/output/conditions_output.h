#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "qamro/evaluation/clip_conditions.h"

namespace qamro::evaluation {

// "24 far from the speech it was fitted on, 3 a little unlike it", "it" being the model; empty if there are
// none.
std::string unfamiliar_text(const FamiliarityCounts& counts);

// The systems with unfamiliar clips, in all and by system, and what differs between the systems, within 80
// columns as far as their names allow; each part ends with a blank line. Empty if there is nothing to say.
std::string render_conditions(std::span<const SystemConditions> systems);

// The same in one line, without a line end: "12 of 30 clips of drums far from the speech …; sample rate: …".
std::string conditions_line(std::span<const SystemConditions> systems);

// {"known", "a_little_unlike", "far"}: numbers of clips.
nlohmann::ordered_json familiarity_json(const FamiliarityCounts& counts);

// {"systems": [{"system", "clips", "familiarity": familiarity_json(), "sample_rates_hz": [...], "channels":
// [...], "level_db", "duration_seconds"}], "familiarity": of all, "differing": [phrases]}; unknown numbers
// are null.
nlohmann::ordered_json conditions_json(std::span<const SystemConditions> systems);

}  // namespace qamro::evaluation
