#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "qamro/statistics/bootstrap.h"
#include "qamro/statistics/mean_test.h"
#include "qamro/statistics/power.h"

namespace qamro::evaluation {

// Scores of clips on one axis, in file order.
struct SystemScores {
  std::vector<std::string> systems;  // [clip]
  std::vector<double> scores;        // [clip], finite
  std::vector<std::string> items;    // [clip]: which sentence or prompt it is; empty vector: not known
};

struct ComparedSystem {
  std::string system;
  statistics::ScoreSet set;
};

// The clips by system, in the order of their first clip. A system that has two clips of one item has no
// items: its clips cannot be matched with another's. Throws InvalidInput for lengths that do not fit and
// empty names.
std::vector<ComparedSystem> by_system(const SystemScores& scores);

struct RankedSystem {
  std::string system;
  std::size_t clips = 0;
  double mean = 0;
  std::optional<statistics::Interval> interval;  // statistics::mean_interval(); absent for a single clip
  std::size_t rank = 0;                          // from 1, best mean first; equal means share a rank
  // Rising, numbered from 0: see statistics::tie_groups(). Two systems share one if and only if they cannot
  // be told apart.
  std::vector<std::size_t> groups = {};
};

bool share_a_group(const RankedSystem& a, const RankedSystem& b);

// "a", "ab", "ac"; four or more letters in a row as "a-d"; after z come a', then a'' …
std::string tie_letters(const RankedSystem& system);

struct SystemPair {
  std::size_t better = 0;  // index into SystemComparison::systems; with equal means, the first one
  std::size_t worse = 0;
  statistics::MeanDifference test;  // better minus worse, two-sided
  std::optional<double> p_holm;     // p corrected over all pairs
  std::optional<double> p;          // before the correction, see SystemComparison::test
};

// The one comparison of systems by their means: what score, compare, evaluate, the report and the demo show.
struct SystemComparison {
  // Best first. Systems share a group if and only if they cannot be told apart at 1 - confidence after Holm's
  // correction.
  std::vector<RankedSystem> systems;
  std::vector<SystemPair> pairs;  // every two systems, in their order
  // "permutation", or "Student's t" if this many pairs need smaller p-values than `rounds` permutations can
  // give (pairs / (rounds + 1) > (1 - confidence) / 5).
  std::string test;
  double confidence = 0.95;

  bool can_tell_apart(const SystemPair& pair) const { return pair.p_holm && *pair.p_holm <= 1 - confidence; }
};

// Compares every two systems by their mean scores. Throws InvalidInput as compare_means() does, and for a
// name that occurs twice. One system gives a ranking without pairs.
SystemComparison compare_systems(const std::vector<ComparedSystem>& systems,
                                 const statistics::MeanTestOptions& options = {}, int threads = 0);

// What a verdict says of the clips that were, or would be, enough.
struct NoticeOptions {
  double difference = 0.1;  // in the axis' units
  double power = 0.8;
};

// What a comparison says of the best system, in words: a winner only if it can be told apart from every
// other.
struct SystemVerdict {
  SystemComparison comparison;
  // Of the best two, if the best has no clear lead: the clips that would notice a difference of `notice`.
  std::optional<statistics::ClipsNeeded> clips;
  NoticeOptions notice;
  bool has_winner = false;
  std::string text;  // "mos: new is ahead of old by 0.30 [+0.10, +0.50], p = .001, 26 paired clips"
};

// compare_systems() on one axis, with a verdict.
SystemVerdict judge_systems(const std::string& axis, const std::vector<ComparedSystem>& systems,
                            const statistics::MeanTestOptions& options = {}, const NoticeOptions& notice = {},
                            int threads = 0);

}  // namespace qamro::evaluation
