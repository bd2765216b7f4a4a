#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "qamro/evaluation/bootstrap.h"

namespace qamro::evaluation {

// The scores of one system's clips on one axis.
struct ScoreSet {
  std::vector<double> scores;      // finite
  std::vector<std::string> items;  // [clip] which sentence or prompt it is; empty vector: not known
};

// What would speak against "no difference": any difference, or only a first mean below the second's.
enum class Alternative { kDifferent, kLess };

struct MeanTestOptions {
  std::int64_t rounds = 10'000;  // permutations, and as many resamples; 100 to 10,000,000
  std::uint64_t seed = 0;
  double confidence = 0.95;
  Alternative alternative = Alternative::kDifferent;
  // The hypothesis: the first mean is the second's less this much.
  double margin = 0;

  // Throws InvalidInput, which names the option.
  void validate() const;
};

struct MeanDifference {
  double difference = 0;  // mean of the first less mean of the second
  bool is_paired = false;
  std::size_t first_clips = 0;
  std::size_t second_clips = 0;
  std::optional<Interval> interval;  // two-sided, by bootstrap; none with fewer than 2 clips of a side
  // Of permutations: signs of the items' differences (paired), or all scores over both systems with Welch's t
  // as the statistic; (1 + as far out) / (1 + rounds). None as above.
  std::optional<double> p_permutation;
  // Student's t of the interval turned round.
  std::optional<double> p_bootstrap;
};

// Two sets are paired when they have the same items, each once. Throws InvalidInput: no clip on a side,
// scores that are not finite, items that are not one a clip.
bool are_paired(const ScoreSet& first, const ScoreSet& second);
MeanDifference compare_means(const ScoreSet& first, const ScoreSet& second,
                             const MeanTestOptions& options = {});

// Two-sided p-value of Student's t (of differences) or Welch's. 1 where nothing varies and nothing differs, 0
// where nothing varies but the means differ. Two values or more a side.
double paired_t_p_value(const std::vector<double>& differences);
double welch_p_value(const std::vector<double>& first, const std::vector<double>& second);

// first less second, item by item; for sets that are paired.
std::vector<double> paired_differences(const ScoreSet& first, const ScoreSet& second);

}  // namespace qamro::evaluation
