#pragma once

#include <map>
#include <string>
#include <vector>

#include "qamro/data/ratings.h"
#include "qamro/evaluation/clip_conditions.h"
#include "qamro/scoring/score_clips.h"
#include "qamro/scoring/system_scores.h"

namespace qamro::scoring {

evaluation::ClipConditions conditions_of(const ClipScores& scores);
// What `qamro score` wrote of the clip in a row of scores; what a row lacks is not known.
evaluation::ClipConditions conditions_of(const data::RatingTable& table, const data::RatingRow& row);

// The conditions of the clips that have a score, by system. Clips without a system have no place in it.
using ConditionsBySystem = std::map<std::string, std::vector<evaluation::ClipConditions>>;
void add_to_conditions(ConditionsBySystem& conditions, const ClipScores& scores);

// One summary per system, in the order of the systems.
std::vector<evaluation::SystemConditions> summarise_conditions(const ConditionsBySystem& conditions);
std::vector<evaluation::SystemConditions> summarise_conditions(
    const std::vector<const SystemScoreSets*>& systems);

}  // namespace qamro::scoring
