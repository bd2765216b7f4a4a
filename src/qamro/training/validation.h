#pragma once

#include <optional>
#include <vector>

#include "qamro/predictors/head_model.h"
#include "qamro/training/objective.h"
#include "qamro/training/trainer.h"

namespace qamro::training {

// The objective and the metrics on held-back clips, without dropout and without a graph. Predictions that are
// no numbers give a loss of NaN and no metrics.
ValidationMetrics validate(predictors::Heads& heads, const Examples& examples,
                           const std::vector<predictors::TargetTransform>& transforms,
                           const Objective& objective);

std::optional<double> monitored_value(const ValidationMetrics& metrics, Monitor monitor);
bool higher_is_better(Monitor monitor);

}  // namespace qamro::training
