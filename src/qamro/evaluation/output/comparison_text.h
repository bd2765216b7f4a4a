#pragma once

#include <string>
#include <vector>

#include "qamro/evaluation/predictor_verdicts.h"
#include "qamro/evaluation/system_comparison.h"
#include "qamro/evaluation/system_ranking.h"

namespace qamro::evaluation {

// The ranking of `axis` with means, intervals (drawn to scale) and tie letters, within 80 columns, as plain
// text.
std::string render_system_ranking(const std::vector<RankedSystem>& ranking, const std::string& axis,
                                  double confidence = 0.95);

// The verdicts of every axis and, under the predictors' names, a table within 80 columns: each metric's two
// values, their difference with its interval, both p-values.
std::string render_predictor_results(const PredictorResults& results);

// The verdict on `axis`, the ranking, and a table of neighbouring pairs; with up to six systems, of all
// pairs.
std::string render_verdict(const SystemVerdict& verdict, const std::string& axis, double confidence);

}  // namespace qamro::evaluation
