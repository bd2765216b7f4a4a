#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace qamro::statistics {

// Holm's step-down correction ("A Simple Sequentially Rejective Multiple Test Procedure", 1979): adjusts
// p-values so that, if each one <= .05 is called a difference, at most 5 % of families contain a false call,
// however the tests depend on each other. Keeps the order; absent values stay absent and do not count.
std::vector<std::optional<double>> holm_adjusted(const std::vector<std::optional<double>>& p_values);

// Groups of systems that cannot be told apart: two share a group if and only if differ[a][b] is false. (A
// compact letter display; Piepho, 2004.) differ: symmetric. Returns each system's groups, rising; groups are
// numbered in the order of their first system. A group takes every later system that it can.
std::vector<std::vector<std::size_t>> tie_groups(const std::vector<std::vector<bool>>& differ);

}  // namespace qamro::statistics
