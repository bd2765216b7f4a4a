#pragma once

#include <string>

#include "qamro/evaluation/results.h"

namespace qamro::evaluation {

// All of the results but the systems, as plain text within 80 columns: the predictions' metrics, those of
// parts and baselines under their names, the ceilings.
std::string render_results(const EvaluationResults& results);

// What nothing can beat, a second panel of raters and one rater would reach, for every axis and level.
std::string render_ceilings(const std::vector<NoiseCeiling>& ceilings);

// Every system of an axis, best label first: means and places with intervals on both sides.
std::string render_systems(const AxisSystems& systems, double confidence);

}  // namespace qamro::evaluation
