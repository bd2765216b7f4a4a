#include "qamro/evaluation/system_comparison.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "qamro/core/error.h"
#include "qamro/core/jobs.h"
#include "qamro/statistics/multiple_comparisons.h"
#include "statistics/normal_numbers.h"

namespace qamro::evaluation {
namespace {

ComparedSystem system_of(const std::string& name, double mean, std::size_t clips, Random& random) {
  ComparedSystem system{name, {}};
  for (std::size_t i = 0; i < clips; ++i) {
    system.set.scores.push_back(mean + testing::normal(random));
    system.set.items.push_back(fmt::format("{}", i));
  }
  return system;
}

TEST(CompareSystems, BestFirstWithGroups) {
  Random random(1);
  std::vector<ComparedSystem> systems = {system_of("low", 1, 40, random), system_of("high", 4, 40, random)};
  systems.push_back(systems[1]);
  systems.back().system = "high too";
  systems.back().set.scores[0] -= 0.001;
  const SystemComparison result = compare_systems(systems);
  ASSERT_EQ(result.systems.size(), 3U);
  EXPECT_EQ(result.systems[0].system, "high");
  EXPECT_EQ(result.systems[1].system, "high too");
  EXPECT_EQ(result.systems[2].rank, 3U);
  EXPECT_TRUE(result.systems[0].interval->contains(result.systems[0].mean));
  EXPECT_EQ(tie_letters(result.systems[0]), "a");
  EXPECT_EQ(tie_letters(result.systems[1]), "a");
  EXPECT_EQ(tie_letters(result.systems[2]), "b");
  ASSERT_EQ(result.pairs.size(), 3U);
  EXPECT_EQ(result.pairs[1].better, 0U);
  EXPECT_EQ(result.pairs[1].worse, 2U);
  EXPECT_NEAR(result.pairs[1].test.difference, result.systems[0].mean - result.systems[2].mean, 1e-12);
}

TEST(CompareSystems, PValuesAreHolms) {
  Random random(2);
  std::vector<ComparedSystem> systems;
  for (int s = 0; s < 4; ++s) systems.push_back(system_of(fmt::format("{}", s), 0.3 * s, 30, random));
  const SystemComparison result = compare_systems(systems);
  EXPECT_EQ(result.test, "permutation");
  std::vector<std::optional<double>> p;
  for (const SystemPair& pair : result.pairs) p.push_back(pair.test.p_permutation);
  const auto holm = statistics::holm_adjusted(p);
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_EQ(result.pairs[i].p_holm, holm[i]);
}

TEST(CompareSystems, GroupsFollowTheCorrectedPValues) {
  Random random(8);
  std::vector<ComparedSystem> systems;
  for (int s = 0; s < 8; ++s) systems.push_back(system_of(fmt::format("{}", s), 0.5 * s, 30, random));
  const SystemComparison result = compare_systems(systems);
  int only_by_chance = 0;
  for (const SystemPair& pair : result.pairs) {
    const bool share = result.systems[pair.better].last_group >= result.systems[pair.worse].first_group;
    EXPECT_TRUE(!share || *pair.p_holm > 0.05) << pair.better << " " << pair.worse;
    if (pair.worse != pair.better + 1) continue;
    EXPECT_EQ(share, *pair.p_holm > 0.05) << pair.better;
    only_by_chance += *pair.p <= 0.05 && *pair.p_holm > 0.05 ? 1 : 0;
  }
  EXPECT_GE(only_by_chance, 1);  // or this test shows nothing
}

TEST(CompareSystems, ManyPairsAskForSmallerPValuesThanPermutationsGive) {
  Random random(3);
  std::vector<ComparedSystem> systems;
  for (int s = 0; s < 6; ++s) systems.push_back(system_of(fmt::format("{}", s), 5.0 * s, 20, random));
  const SystemComparison result = compare_systems(systems, {.rounds = 500});
  EXPECT_EQ(result.test, "bootstrap t");
  for (const SystemPair& pair : result.pairs) EXPECT_LT(*pair.p_holm, 0.001);
  EXPECT_EQ(tie_letters(result.systems[5]), "f");
}

TEST(CompareSystems, ASingleClipIsToldApartFromNone) {
  Random random(4);
  const SystemComparison result = compare_systems({system_of("a", 0, 30, random), {"b", {{50}, {"0"}}}});
  EXPECT_FALSE(result.pairs[0].p_holm);
  EXPECT_FALSE(result.systems[0].interval);
  EXPECT_EQ(tie_letters(result.systems[0]), "a");
  EXPECT_EQ(tie_letters(result.systems[1]), "a");
}

TEST(CompareSystems, Refuses) {
  Random random(5);
  EXPECT_THROW(compare_systems({system_of("a", 0, 3, random)}), InvalidInput);
  EXPECT_THROW(compare_systems({system_of("a", 0, 3, random), system_of("a", 0, 3, random)}), InvalidInput);
  EXPECT_THROW(compare_systems({system_of("a", 0, 3, random), {"b", {}}}), InvalidInput);
}

// The share of data sets with a false call among the six pairs of four equal systems.
TEST(CompareSystems, FamilyWiseErrorIsKept) {
  constexpr int kDataSets = 1000;
  std::vector<int> false_calls(kDataSets);
  for_each_job(kDataSets, 2, [&](std::int64_t i) {
    Random random(derive_seed(6, "family", static_cast<std::uint64_t>(i)));
    std::vector<ComparedSystem> systems;
    for (int s = 0; s < 4; ++s) systems.push_back(system_of(fmt::format("{}", s), 0, 12, random));
    for (const SystemPair& pair : compare_systems(systems, {.rounds = 999, .seed = random.next()}, 1).pairs)
      if (*pair.p_holm <= 0.05) false_calls[static_cast<std::size_t>(i)] = 1;
  });
  double share = 0;
  for (const int call : false_calls) share += call / static_cast<double>(kDataSets);
  RecordProperty("share", fmt::format("{:.4f}", share));
  EXPECT_LE(share, 0.065);  // .05 plus the chance variation of 1,000 data sets
  EXPECT_GE(share, 0.015);  // Holm's correction is conservative, but not by this much
}

}  // namespace
}  // namespace qamro::evaluation
