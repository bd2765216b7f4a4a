#pragma once

#include <array>
#include <span>

#include "qamro/evaluation/bootstrap.h"
#include "qamro/metrics/metric_value.h"

namespace qamro::evaluation {

// The metrics of the paper's Table I, in this order everywhere.
inline constexpr std::array<const char*, 4> kMetricNames = {"mse", "lcc", "srcc", "ktau"};

using FourMetrics = std::array<metrics::MetricValue, 4>;

// See metrics/correlation.h.
FourMetrics four_metrics(std::span<const double> prediction, std::span<const double> label);

// NaN if undefined.
std::array<double, 4> numbers_of(const FourMetrics& metrics);

// IntervalMethod::kStabilised around `estimate`, on the scale of metric number `metric` of kMetricNames.
BootstrapInterval stabilised_metric_interval(std::size_t metric, double estimate,
                                             std::span<const double> values, std::size_t units,
                                             double confidence);

}  // namespace qamro::evaluation
