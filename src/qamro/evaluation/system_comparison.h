#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "qamro/evaluation/system_ranking.h"
#include "qamro/statistics/mean_test.h"
#include "qamro/statistics/power.h"

namespace qamro::evaluation {

struct ComparedSystem {
  std::string system;
  statistics::ScoreSet set;
};

struct SystemPair {
  std::size_t better = 0;  // index into SystemComparison::systems; with equal means, the first one
  std::size_t worse = 0;
  statistics::MeanDifference test;  // better minus worse, two-sided
  std::optional<double> p_holm;     // p corrected over all pairs
  std::optional<double> p;          // before the correction, see SystemComparison::test
};

struct SystemComparison {
  // Best first. Systems that share a group cannot be told apart at 1 - confidence after Holm's correction;
  // each group is a longest run of such neighbours.
  std::vector<RankedSystem> systems;
  std::vector<SystemPair> pairs;  // every two systems, in their order
  // "permutation", or "bootstrap t" if this many pairs need smaller p-values than `rounds` permutations can
  // give (pairs / (rounds + 1) > (1 - confidence) / 5).
  std::string test;
};

// Compares every two systems by their mean scores. Throws InvalidInput as compare_means() does, and for fewer
// than two systems or a name that occurs twice.
SystemComparison compare_systems(const std::vector<ComparedSystem>& systems,
                                 const statistics::MeanTestOptions& options = {}, int threads = 0);

// What a comparison says of the two best systems, and how many clips per system would settle it.
struct SystemVerdict {
  SystemComparison comparison;
  statistics::PowerCurve clips;
  std::string text;  // "mos: new is better than old by 0.300 [+0.100, +0.500], p = 0.0010"
};

// compare_systems() on one axis, with a verdict. power: see statistics::PowerOptions.
SystemVerdict judge_systems(const std::string& axis, const std::vector<ComparedSystem>& systems,
                            const statistics::MeanTestOptions& options = {}, double power = 0.8,
                            int threads = 0);

}  // namespace qamro::evaluation
