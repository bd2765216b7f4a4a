#pragma once

#include <span>
#include <vector>

#include "qamro/core/export.h"
#include "qamro/metrics/metric.h"

namespace qamro::metrics {

// The four metrics of the paper's Table I. `prediction` and `label` have the same length n and are finite;
// callers remove pairs with missing values first. Throws InvalidInput for NaN, infinity and different
// lengths. Undefined, with a reason: mse for n = 0; the correlations for n < 2 or if either side is constant.

// Mean squared error.
QAMRO_API MetricValue mse(std::span<const double> prediction, std::span<const double> label);

// Linear correlation, Pearson's r (scipy.stats.pearsonr).
QAMRO_API MetricValue lcc(std::span<const double> prediction, std::span<const double> label);

// Spearman's rank correlation: Pearson's r of average ranks (scipy.stats.spearmanr).
QAMRO_API MetricValue srcc(std::span<const double> prediction, std::span<const double> label);

// Kendall's tau-b (scipy.stats.kendalltau), in O(n log n), with exact integer counts.
QAMRO_API MetricValue ktau(std::span<const double> prediction, std::span<const double> label);

// Ranks from 1; equal values get the mean of their ranks (scipy.stats.rankdata, method "average"). Values
// must be finite.
QAMRO_API std::vector<double> average_ranks(std::span<const double> values);

}  // namespace qamro::metrics
