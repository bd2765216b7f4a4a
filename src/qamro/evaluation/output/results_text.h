#pragma once

#include <string>

#include "qamro/evaluation/evaluate_tables.h"
#include "qamro/evaluation/verdict_text.h"

namespace qamro::evaluation {

// The four metrics of every axis and level with their intervals, within 80 columns, as plain text.
std::string render_evaluation(const Evaluation& evaluation);

// All results except the systems, as plain text within 80 columns: how many clips the model was trained on,
// if any, the metrics of the predictions, of the parts and baselines under their names, and what an ideal
// predictor, a second panel and one rater would reach.
std::string render_results(const EvaluationResults& results);

// The headline of an evaluation, which judges the predictor on the first axis: "Predicted mos against
// listeners: SRCC 0.93 [0.71, 0.98] over 14 systems"; then SRCC over clips, and baselines and ceiling where
// they were asked for.
VerdictWords agreement_words(const EvaluationResults& results);

// Every system of an axis, best label first: means and places with intervals on both sides.
std::string render_systems(const AxisSystems& systems, double confidence);

// How the numbers came about, as the sentences that a report ends with.
std::vector<std::string> method_sentences(const EvaluationOptions& options);

}  // namespace qamro::evaluation
