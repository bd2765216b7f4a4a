#pragma once

#include <string>
#include <vector>

#include "qamro/evaluation/predictor_verdicts.h"
#include "qamro/evaluation/system_comparison.h"
#include "qamro/evaluation/system_ranking.h"

namespace qamro::evaluation {

// The verdict, and the ranking of `axis` with means, intervals (drawn to scale) and tie letters, as plain
// text. The table is within 80 columns.
std::string render_ranking(const SystemVerdict& verdict, const std::string& axis);

// A table within 80 columns: each metric's two values, their difference with its interval, both p-values.
std::string render_predictors(const std::vector<PredictorComparison>& comparison, double confidence);

// The verdicts of every axis, and the table under the predictors' names.
std::string render_predictor_results(const PredictorResults& results);

// A table of neighbouring pairs; with up to six systems, of all pairs.
std::string render_pairs(const SystemComparison& comparison);

// render_ranking() and the table of pairs.
std::string render_verdict(const SystemVerdict& verdict, const std::string& axis);

}  // namespace qamro::evaluation
