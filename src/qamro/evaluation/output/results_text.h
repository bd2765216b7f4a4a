#pragma once

#include <string>

#include "qamro/evaluation/evaluate_tables.h"

namespace qamro::evaluation {

// The four metrics of every axis and level with their intervals, within 80 columns, as plain text.
std::string render_evaluation(const Evaluation& evaluation);

// All results except the systems, as plain text within 80 columns: the metrics of the predictions, of the
// parts and baselines under their names, and the ceilings.
std::string render_results(const EvaluationResults& results);

// What an ideal predictor, a second panel of raters and one rater would reach, for every axis and level.
std::string render_ceilings(const std::vector<statistics::NoiseCeiling>& ceilings);

// The headline of an evaluation, which judges the predictor: of the first axis, SRCC over systems (if known)
// and over clips with intervals, beside the look-up baseline and the ceiling where they were asked for.
std::string agreement_sentence(const EvaluationResults& results);

// Every system of an axis, best label first: means and places with intervals on both sides.
std::string render_systems(const AxisSystems& systems, double confidence);

// How the numbers came about, as the sentences that a report ends with.
std::vector<std::string> method_sentences(const EvaluationOptions& options);

}  // namespace qamro::evaluation
