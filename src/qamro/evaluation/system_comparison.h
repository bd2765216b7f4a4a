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
  std::size_t better = 0;  // into SystemComparison::systems; of equal means the one that comes first
  std::size_t worse = 0;
  MeanDifference test;           // better less worse, two-sided
  std::optional<double> p_holm;  // of p, over all pairs
  std::optional<double> p;       // what the correction is of, see SystemComparison::test
};

struct SystemComparison {
  // Best first. Groups: no two systems that share one can be told apart at 1 - confidence after Holm's
  // correction; each is a longest run of such neighbours.
  std::vector<RankedSystem> systems;
  std::vector<SystemPair> pairs;  // every two, in the order of systems
  // "permutation", or "bootstrap t" where that many pairs ask for smaller p-values than `rounds` permutations
  // can give (pairs / (rounds + 1) > (1 - confidence) / 5).
  std::string test;
};

// Every two systems by their mean scores. Throws InvalidInput as compare_means(); fewer than two systems, a
// name twice.
SystemComparison compare_systems(const std::vector<ComparedSystem>& systems,
                                 const MeanTestOptions& options = {}, int threads = 0);

}  // namespace qamro::evaluation
