#pragma once

#include <span>
#include <vector>

namespace qamro::losses {

// Ranks from 1, the smallest first; equal values get the mean of their ranks. Values are finite.
std::vector<double> midranks(std::span<const double> values);

}  // namespace qamro::losses
