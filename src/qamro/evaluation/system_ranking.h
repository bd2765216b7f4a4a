#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "qamro/statistics/bootstrap.h"

namespace qamro::evaluation {

// Predicted scores of clips on one axis, in file order.
struct SystemScores {
  std::vector<std::string> systems;  // [clip]
  std::vector<double> scores;        // [clip], finite
  std::vector<std::string> items;    // [clip]: which sentence or prompt it is; empty vector: not known
};

struct RankedSystem {
  std::string system;
  std::size_t clips = 0;
  double mean = 0;
  std::optional<statistics::Interval> interval;  // of the mean; absent for a single clip or without resamples
  std::size_t rank = 0;                          // from 1, best mean first; equal means share a rank
  // The system's tie groups: all from first_group to last_group, numbered from 0 for the best. See
  // system_ranking() for what a shared group means.
  std::size_t first_group = 0;
  std::size_t last_group = 0;
};

// Systems by their mean score, best first, with percentile bootstrap intervals over clips.
//
// Two systems are told apart if the interval of their difference in means excludes 0. Systems that were given
// exactly the same items are compared clip by clip (the same items are drawn for both: paired); others are
// drawn independently. A system with one clip cannot be told apart from any other. A tie group is a longest
// run of neighbours in the ranking whose first system cannot be told apart from the others. Groups may
// overlap ("ab"), because being tied is not transitive. No correction is made for the number of comparisons.
// Without resamples (0), only equal means tie. Throws InvalidInput for lengths that do not fit, empty names
// and scores that are not finite.
std::vector<RankedSystem> system_ranking(const SystemScores& scores,
                                         const statistics::BootstrapOptions& options = {});

// "a", "b", "ab", "abc"; from four groups on "a-d"; after z come a', then a'' …
std::string tie_letters(const RankedSystem& system);

}  // namespace qamro::evaluation
