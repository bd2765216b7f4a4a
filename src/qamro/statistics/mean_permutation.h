#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace qamro::statistics {

// What counts against "no difference": any difference, or only a first mean that is below the second.
enum class Alternative { kDifferent, kLess };

// Permutation tests of "both means are equal". With no more arrangements than `rounds`, all are counted and
// the p-value is exact; otherwise `rounds` are drawn and p = (1 + rounds as far out) / (1 + rounds).
struct PermutationPlan {
  std::int64_t rounds = 10'000;
  std::uint64_t seed = 0;
  Alternative alternative = Alternative::kDifferent;
};

// Paired: the signs of the differences are flipped. differences: not empty.
double sign_flip_p_value(const std::vector<double>& differences, const PermutationPlan& plan);
// Unpaired: all scores are shuffled over both sides; the statistic is Welch's t. Two or more scores a side.
double shuffle_p_value(const std::vector<double>& first, const std::vector<double>& second,
                       const PermutationPlan& plan);

// The least p-value that the tests can give with so many clips: below it, nothing can be shown.
double least_sign_flip_p_value(std::size_t pairs, const PermutationPlan& plan);
double least_shuffle_p_value(std::size_t first, std::size_t second, const PermutationPlan& plan);

}  // namespace qamro::statistics
