#pragma once

#include <string>
#include <vector>

#include "qamro/evaluation/system_ranking.h"

namespace qamro::evaluation {

// The ranking of `axis` with means, intervals (drawn to scale) and tie letters, within 80 columns, as plain
// text.
std::string render_system_ranking(const std::vector<RankedSystem>& ranking, const std::string& axis,
                                  double confidence = 0.95);

}  // namespace qamro::evaluation
