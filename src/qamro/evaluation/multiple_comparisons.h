#pragma once

#include <optional>
#include <vector>

namespace qamro::evaluation {

// Holm's step-down correction ("A Simple Sequentially Rejective Multiple Test Procedure", 1979): p-values
// adjusted so that calling each one <= .05 a difference makes one false call or more in at most 5 % of
// families, whatever the tests depend on. In the order given; what is not there stays so and does not count.
std::vector<std::optional<double>> holm_adjusted(const std::vector<std::optional<double>>& p_values);

}  // namespace qamro::evaluation
