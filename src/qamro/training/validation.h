#pragma once

#include <optional>
#include <vector>

#include "qamro/heads/head_model.h"
#include "qamro/training/objective.h"
#include "qamro/training/trainer.h"

namespace qamro::training {

// The objective and the metrics of scores of held-out clips. pred: [n, axes] float32, training scale. If
// predictions contain NaN or infinity, the loss is NaN and there are no metrics.
ValidationMetrics validate(const at::Tensor& pred, const Examples& examples,
                           const std::vector<heads::TargetTransform>& transforms, const Objective& objective);

// The value that early stopping watches; empty if it is undefined or the systems are unknown.
std::optional<double> monitored_value(const ValidationMetrics& metrics, Monitor monitor);
bool higher_is_better(Monitor monitor);
bool is_of_systems(Monitor monitor);

}  // namespace qamro::training
