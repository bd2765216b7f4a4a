#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "qamro/experiments/ablation_scopes.h"
#include "qamro/plotting/chart.h"

namespace qamro::experiments {

nlohmann::ordered_json ablation_json(const std::vector<AblationScope>& scopes);

// One row per level and metric of every model, preference factors too: axis, clips, model, level, n, metric,
// value, low, high, difference, its low, high and p-value.
void write_ablation_csv(std::ostream& stream, const std::vector<AblationScope>& scopes);

// The paper's Fig. 1 as numbers (one row per factor and level) and as a picture: SRCC of each choice of clips
// against the preference factor, with the first row of the table as a line. The csv's rows without a factor
// are that line.
void write_preference_factor_csv(std::ostream& stream, const std::vector<AblationScope>& scopes);
plotting::Chart preference_factor_chart(const std::vector<AblationScope>& scopes);

}  // namespace qamro::experiments
