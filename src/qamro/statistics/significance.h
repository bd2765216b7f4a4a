#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace qamro::statistics {

// The two-sided p-value of Student's t: how likely it lies farther from 0 than `t`. degrees: >= 1;
// infinity is the normal distribution, and a fraction is rounded down, as is usual for Welch's test.
// Abramowitz and Stegun, 26.7.3 to 26.7.4; 26.7.8 above 1,000 degrees. Absolute error below 1e-6, and
// below 1e-13 up to 1,000 degrees.
double student_t_p_value(double t, double degrees);

// The t that |T| exceeds with probability 1 - confidence. confidence: in (0, 1).
double student_t_quantile(double confidence, double degrees);

// Holm's step-down correction ("A Simple Sequentially Rejective Multiple Test Procedure", 1979): adjusts
// p-values so that, if each one <= .05 is called a difference, at most 5 % of families contain a false call,
// however the tests depend on each other. Keeps the order; absent values stay absent and do not count.
std::vector<std::optional<double>> holm_adjusted(const std::vector<std::optional<double>>& p_values);

// Groups of systems that cannot be told apart: two share a group if and only if differ[a][b] is false. (A
// compact letter display; Piepho, 2004.) differ: symmetric. Returns each system's groups, rising; groups are
// numbered in the order of their first system. A group takes every later system that it can.
std::vector<std::vector<std::size_t>> tie_groups(const std::vector<std::vector<bool>>& differ);

}  // namespace qamro::statistics
