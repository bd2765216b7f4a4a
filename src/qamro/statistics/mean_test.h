#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "qamro/statistics/bootstrap.h"
#include "qamro/statistics/mean_permutation.h"

namespace qamro::statistics {

// The scores of one system's clips on one axis.
struct ScoreSet {
  std::vector<double> scores;      // finite
  std::vector<std::string> items;  // [clip] which sentence or prompt it is; empty vector: not known

  // Throws InvalidInput if there is no clip, if a score is not finite, or if there is not one item per clip.
  void validate() const;
};

struct MeanTestOptions {
  std::int64_t rounds = 10'000;  // number of permutations, 100 to 10,000,000; 0: no permutation test
  std::uint64_t seed = 0;
  double confidence = 0.95;
  Alternative alternative = Alternative::kDifferent;
  // The hypothesis: first mean = second mean - margin.
  double margin = 0;

  // Throws InvalidInput, which names the option.
  void validate() const;
};

// How precisely a difference of two means is known: Student's t over the items' differences if the sets are
// paired, else Welch's.
struct DifferenceError {
  double error = 0;    // the standard error of the difference
  double degrees = 0;  // of freedom
};

struct MeanDifference {
  double difference = 0;  // mean of the first minus mean of the second
  bool is_paired = false;
  std::size_t first_clips = 0;
  std::size_t second_clips = 0;
  // The others are absent if a side has fewer than 2 clips.
  std::optional<DifferenceError> precision;
  std::optional<Interval> interval;  // two-sided: difference ± Student's t times the standard error
  std::optional<double> p_t;         // of the same t
  // See mean_permutation.h; absent with 0 rounds too. least_p: no smaller p-value is possible with these
  // clips.
  std::optional<double> p_permutation;
  std::optional<double> least_p;
  bool is_identical = false;  // paired, and every item has the same score on both sides
};

// Two sets are paired if they have the same items, each once. compare_means() throws as
// ScoreSet::validate().
bool are_paired(const ScoreSet& first, const ScoreSet& second);
MeanDifference compare_means(const ScoreSet& first, const ScoreSet& second,
                             const MeanTestOptions& options = {});

// mean ± Student's t times the standard error. Absent for fewer than two scores.
std::optional<Interval> mean_interval(const std::vector<double>& scores, double confidence);

// The standard deviation with n - 1 in the denominator. Needs two or more values.
double deviation_of(const std::vector<double>& values);

// first minus second, item by item; the sets must be paired.
std::vector<double> paired_differences(const ScoreSet& first, const ScoreSet& second);

// The precision of the difference of two means with these deviations and numbers of clips (Welch).
DifferenceError welch_error(double first_deviation, double first_clips, double second_deviation,
                            double second_clips);

}  // namespace qamro::statistics
