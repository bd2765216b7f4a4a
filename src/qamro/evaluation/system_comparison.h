#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "qamro/evaluation/mean_test.h"
#include "qamro/evaluation/system_ranking.h"

namespace qamro::evaluation {

struct ComparedSystem {
  std::string system;
  ScoreSet set;
};

struct SystemPair {
  std::size_t better = 0;  // index into SystemComparison::systems; with equal means, the first one
  std::size_t worse = 0;
  MeanDifference test;           // better minus worse, two-sided
  std::optional<double> p_holm;  // p corrected over all pairs
  std::optional<double> p;       // before the correction, see SystemComparison::test
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
                                 const MeanTestOptions& options = {}, int threads = 0);

}  // namespace qamro::evaluation
