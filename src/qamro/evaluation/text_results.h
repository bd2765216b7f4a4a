#pragma once

#include <string>

#include "qamro/evaluation/results.h"

namespace qamro::evaluation {

// All results except the systems, as plain text within 80 columns: the metrics of the predictions, of the
// parts and baselines under their names, and the ceilings.
std::string render_results(const EvaluationResults& results);

// What an ideal predictor, a second panel of raters and one rater would reach, for every axis and level.
std::string render_ceilings(const std::vector<NoiseCeiling>& ceilings);

// Every system of an axis, best label first: means and places with intervals on both sides.
std::string render_systems(const AxisSystems& systems, double confidence);

}  // namespace qamro::evaluation
