#pragma once

#include <span>

namespace qamro::metrics {

// Throws InvalidInput, which names the metric, unless both have the same length and only finite values.
void check_paired(const char* metric, std::span<const double> prediction, std::span<const double> label);

}  // namespace qamro::metrics
