#pragma once

#include <string>
#include <vector>

#include "qamro/evaluation/predictor_verdicts.h"
#include "qamro/evaluation/system_comparison.h"

namespace qamro::evaluation {

// The verdict, and the ranking of `axis` with means, intervals (drawn to scale) and tie letters, as plain
// text. The table is within 80 columns.
std::string render_ranking(const SystemVerdict& verdict, const std::string& axis);

// The verdicts of every axis and, under the predictors' names, a table within 80 columns: each metric's two
// values, their difference with its interval, both p-values.
std::string render_predictor_results(const PredictorResults& results);

// render_ranking() and a table of neighbouring pairs; with up to six systems, of all pairs.
std::string render_verdict(const SystemVerdict& verdict, const std::string& axis);

}  // namespace qamro::evaluation
