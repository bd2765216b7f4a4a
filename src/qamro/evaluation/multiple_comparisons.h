#pragma once

#include <optional>
#include <vector>

namespace qamro::evaluation {

// Holm's step-down correction ("A Simple Sequentially Rejective Multiple Test Procedure", 1979): adjusts
// p-values so that, if each one <= .05 is called a difference, at most 5 % of families contain a false call,
// however the tests depend on each other. Keeps the order; absent values stay absent and do not count.
std::vector<std::optional<double>> holm_adjusted(const std::vector<std::optional<double>>& p_values);

}  // namespace qamro::evaluation
