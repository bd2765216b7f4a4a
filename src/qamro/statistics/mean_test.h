#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "qamro/statistics/bootstrap.h"

namespace qamro::statistics {

// The scores of one system's clips on one axis.
struct ScoreSet {
  std::vector<double> scores;      // finite
  std::vector<std::string> items;  // [clip] which sentence or prompt it is; empty vector: not known
};

// What counts against "no difference": any difference, or only a first mean that is below the second.
enum class Alternative { kDifferent, kLess };

struct MeanTestOptions {
  std::int64_t rounds = 10'000;  // number of permutations, and of resamples; 100 to 10,000,000
  std::uint64_t seed = 0;
  double confidence = 0.95;
  Alternative alternative = Alternative::kDifferent;
  // The hypothesis: first mean = second mean - margin.
  double margin = 0;

  // Throws InvalidInput, which names the option.
  void validate() const;
};

struct MeanDifference {
  double difference = 0;  // mean of the first minus mean of the second
  bool is_paired = false;
  std::size_t first_clips = 0;
  std::size_t second_clips = 0;
  std::optional<Interval> interval;  // two-sided, by bootstrap; absent if a side has fewer than 2 clips
  // Permutation test: signs of the items' differences are flipped (paired), or all scores are shuffled over
  // both systems with Welch's t as the statistic; (1 + rounds as far out) / (1 + rounds). Absent as above.
  std::optional<double> p_permutation;
  // The p-value of the same Student's t as the interval's.
  std::optional<double> p_bootstrap;
};

// Two sets are paired if they have the same items, each once. compare_means() throws InvalidInput if a side
// has no clip, if a score is not finite, or if there is not one item per clip.
bool are_paired(const ScoreSet& first, const ScoreSet& second);
MeanDifference compare_means(const ScoreSet& first, const ScoreSet& second,
                             const MeanTestOptions& options = {});

// Two-sided p-value of Student's t (of differences) or Welch's. 1 if nothing varies and nothing differs, 0 if
// nothing varies but the means differ. Needs two or more values per side.
double paired_t_p_value(const std::vector<double>& differences);
double welch_p_value(const std::vector<double>& first, const std::vector<double>& second);

// first minus second, item by item; the sets must be paired.
std::vector<double> paired_differences(const ScoreSet& first, const ScoreSet& second);

}  // namespace qamro::statistics
