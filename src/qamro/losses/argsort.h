#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace qamro::losses {

// The order that sorts finite `values` upwards; equal values keep their order, and -0.0 equals 0.0.
// Radix sort from 128 values on, since the ranking loss spends a good part of its time here.
// At most 2^32 - 1 values; no NaN.
std::vector<std::uint32_t> argsort(std::span<const double> values);

// The same downwards; equal values keep their order here, too.
std::vector<std::uint32_t> argsort_descending(std::span<const double> values);

// Ranks from 1, the smallest first; equal values get the mean of their ranks. Values are finite.
std::vector<double> midranks(std::span<const double> values);

}  // namespace qamro::losses
