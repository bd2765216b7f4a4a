#include "qamro/evaluation/system_comparison.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "qamro/core/error.h"
#include "qamro/core/jobs.h"
#include "qamro/statistics/significance.h"
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
    const bool share = share_a_group(result.systems[pair.better], result.systems[pair.worse]);
    EXPECT_EQ(share, *pair.p_holm > 0.05) << pair.better << " " << pair.worse;
    only_by_chance += *pair.p <= 0.05 && *pair.p_holm > 0.05 ? 1 : 0;
  }
  EXPECT_GE(only_by_chance, 1);  // or this test shows nothing
}

TEST(CompareSystems, ManyPairsAskForSmallerPValuesThanPermutationsGive) {
  Random random(3);
  std::vector<ComparedSystem> systems;
  for (int s = 0; s < 6; ++s) systems.push_back(system_of(fmt::format("{}", s), 5.0 * s, 20, random));
  const SystemComparison result = compare_systems(systems, {.rounds = 500});
  EXPECT_EQ(result.test, "Student's t");
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
  EXPECT_THROW(compare_systems({}), InvalidInput);
  EXPECT_THROW(compare_systems({system_of("a", 0, 3, random), system_of("a", 0, 3, random)}), InvalidInput);
  EXPECT_THROW(compare_systems({system_of("a", 0, 3, random), {"b", {}}}), InvalidInput);
}

// Two systems are told apart although the better of them is like a third of few clips.
TEST(CompareSystems, LettersFollowEveryPair) {
  Random random(7);
  const SystemComparison result = compare_systems(
      {system_of("high", 1, 40, random), system_of("low", 0, 40, random), {"few", {{-0.9, 1.3, 0.7}, {}}}});
  for (const SystemPair& pair : result.pairs)
    EXPECT_EQ(share_a_group(result.systems[pair.better], result.systems[pair.worse]),
              !result.can_tell_apart(pair));
  EXPECT_TRUE(result.can_tell_apart(result.pairs[0]) || result.can_tell_apart(result.pairs[1]));
}

TEST(CompareSystems, OneSystemIsARankingWithoutPairs) {
  Random random(9);
  const SystemComparison one = compare_systems({system_of("a", 0, 5, random)});
  EXPECT_TRUE(one.pairs.empty());
  EXPECT_TRUE(one.systems[0].interval);
  EXPECT_EQ(tie_letters(one.systems[0]), "a");
}

// The share of data sets in which a pair of equal systems is told apart.
double familywise_error(int data_sets, int systems, std::size_t clips, std::int64_t rounds) {
  std::vector<int> false_calls(static_cast<std::size_t>(data_sets));
  for_each_job(data_sets, 2, [&](std::int64_t i) {
    Random random(derive_seed(6, "family", static_cast<std::uint64_t>(i)));
    std::vector<ComparedSystem> equal;
    for (int s = 0; s < systems; ++s) equal.push_back(system_of(fmt::format("{}", s), 0, clips, random));
    const auto result = compare_systems(equal, {.rounds = rounds, .seed = random.next()}, 1);
    for (const SystemPair& pair : result.pairs)
      if (result.can_tell_apart(pair)) false_calls[static_cast<std::size_t>(i)] = 1;
  });
  double share = 0;
  for (const int call : false_calls) share += call / static_cast<double>(data_sets);
  ::testing::Test::RecordProperty(fmt::format("share_{}_{}", systems, clips), fmt::format("{:.4f}", share));
  return share;
}

TEST(CompareSystems, FamilyWiseErrorIsKept) {
  const double permutation = familywise_error(1000, 4, 12, 999);
  EXPECT_LE(permutation, 0.065);  // .05 plus the chance variation of 1,000 data sets
  EXPECT_GE(permutation, 0.015);  // Holm's correction is conservative, but not by this much
  // As a listening test has: 14 systems of 24 clips, by permutation; and with more pairs than that, by
  // Student's t.
  EXPECT_LE(familywise_error(100, 14, 24, 10'000), 0.10);
  const double t = familywise_error(1000, 20, 24, 100);
  EXPECT_LE(t, 0.065);
  EXPECT_GE(t, 0.005);
}

}  // namespace
}  // namespace qamro::evaluation
