#include "qamro/evaluation/system_comparison.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/core/random.h"

namespace qamro::evaluation {
namespace {

void add(SystemScores& scores, const std::string& system, const std::vector<double>& values,
         const std::string& items_prefix = "") {
  for (std::size_t i = 0; i < values.size(); ++i) {
    scores.systems.push_back(system);
    scores.scores.push_back(values[i]);
    if (!items_prefix.empty()) scores.items.push_back(fmt::format("{}{}", items_prefix, i));
  }
}

std::vector<RankedSystem> ranked(const SystemScores& scores, int threads = 0) {
  return compare_systems(by_system(scores), {}, threads).systems;
}

std::vector<std::string> letters(const std::vector<RankedSystem>& ranking) {
  std::vector<std::string> result;
  for (const RankedSystem& row : ranking) result.push_back(row.system + ":" + tie_letters(row));
  return result;
}

TEST(SystemRanking, BestFirstWithIntervalsAroundTheMean) {
  SystemScores scores;
  add(scores, "bad", {1.0, 1.2, 1.1, 0.9});
  add(scores, "good", {4.0, 4.2, 4.1, 3.9});
  const auto ranking = ranked(scores);
  ASSERT_EQ(ranking.size(), 2U);
  EXPECT_EQ(ranking[0].system, "good");
  EXPECT_DOUBLE_EQ(ranking[0].mean, 4.05);
  EXPECT_EQ(ranking[0].clips, 4U);
  EXPECT_TRUE(ranking[0].interval->contains(4.05));
  EXPECT_NEAR(ranking[0].interval->high, 4.05 + 3.1824463 * 0.0645497, 1e-6);  // Student's t with 3 degrees
  EXPECT_EQ(ranking[1].rank, 2U);
  EXPECT_THAT(letters(ranking), ::testing::ElementsAre("good:a", "bad:b"));
}

TEST(SystemRanking, TiesAreNotTransitive) {
  // Scores within a system span 1: the standard error of a difference is about 0.2, neighbours are 0.4 apart.
  SystemScores scores;
  add(scores, "low", {1.0, 2.0, 1.2, 1.8, 1.0, 2.0, 1.2, 1.8});
  add(scores, "middle", {1.4, 2.4, 1.6, 2.2, 1.4, 2.4, 1.6, 2.2});
  add(scores, "high", {1.8, 2.8, 2.0, 2.6, 1.8, 2.8, 2.0, 2.6});
  EXPECT_THAT(letters(ranked(scores)), ::testing::ElementsAre("high:a", "middle:ab", "low:b"));
}

TEST(SystemRanking, SharedItemsArePaired) {
  // Sentences differ much more than systems do; on the same sentences "b" always loses by 0.1.
  Random random(4);
  std::vector<double> a;
  std::vector<double> b;
  for (int i = 0; i < 20; ++i) {
    a.push_back(1 + 4 * random.uniform());
    b.push_back(a.back() - 0.1 - 0.01 * random.uniform());
  }
  SystemScores paired;
  add(paired, "a", a, "sentence");
  add(paired, "b", b, "sentence");
  EXPECT_THAT(letters(ranked(paired)), ::testing::ElementsAre("a:a", "b:b"));
  SystemScores other_items;
  add(other_items, "a", a, "x");
  add(other_items, "b", b, "y");
  EXPECT_THAT(letters(ranked(other_items)), ::testing::ElementsAre("a:a", "b:a"));
  SystemScores unknown;
  add(unknown, "a", a);
  add(unknown, "b", b);
  EXPECT_THAT(letters(ranked(unknown)), ::testing::ElementsAre("a:a", "b:a"));
}

TEST(SystemRanking, PairedWhateverTheFileOrder) {
  SystemScores scores;
  add(scores, "a", {1.0, 5.0, 3.0, 4.0, 2.0, 1.5}, "s");
  scores.systems.insert(scores.systems.end(), 6, "b");
  scores.scores.insert(scores.scores.end(), {2.9, 0.9, 4.9, 1.4, 3.9, 1.9});
  scores.items.insert(scores.items.end(), {"s2", "s0", "s1", "s5", "s3", "s4"});
  EXPECT_THAT(letters(ranked(scores)), ::testing::ElementsAre("a:a", "b:b"));
}

TEST(SystemRanking, OneClipIsToldApartFromNone) {
  SystemScores scores;
  add(scores, "many", {1.0, 1.1, 1.2});
  add(scores, "single", {5.0});
  const auto ranking = ranked(scores);
  EXPECT_FALSE(ranking[0].interval);
  EXPECT_THAT(letters(ranking), ::testing::ElementsAre("single:a", "many:a"));
}

TEST(SystemRanking, EqualMeansShareTheirRank) {
  SystemScores scores;
  add(scores, "x", {2.0, 2.0, 2.0, 2.0, 2.0});
  add(scores, "y", {2.0, 2.0, 2.0, 2.0, 2.0});
  add(scores, "z", {1.0, 1.0, 1.0, 1.0, 1.0});
  const auto ranking = ranked(scores);
  EXPECT_EQ(ranking[0].rank, 1U);
  EXPECT_EQ(ranking[1].rank, 1U);
  EXPECT_EQ(ranking[2].rank, 3U);
  EXPECT_THAT(letters(ranking), ::testing::ElementsAre("x:a", "y:a", "z:b"));
}

TEST(SystemRanking, ThreadsDoNotMatter) {
  SystemScores scores;
  Random random(6);
  for (int i = 0; i < 200; ++i) {
    scores.systems.push_back(fmt::format("s{}", i % 9));
    scores.scores.push_back(random.uniform() + i % 9 * 0.05);
  }
  const auto one = ranked(scores, 1);
  const auto many = ranked(scores, 6);
  EXPECT_EQ(letters(one), letters(many));
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].interval->low, many[i].interval->low);
}

TEST(SystemRanking, EmptyAndRefused) {
  EXPECT_TRUE(by_system({}).empty());
  EXPECT_THROW(ranked({}), InvalidInput);
  EXPECT_THROW(by_system({{"a"}, {}, {}}), InvalidInput);
  EXPECT_THROW(by_system({{"a"}, {1.0}, {"i", "j"}}), InvalidInput);
  EXPECT_THROW(by_system({{""}, {1.0}, {}}), InvalidInput);
  EXPECT_THROW(ranked({{"a"}, {std::numeric_limits<double>::quiet_NaN()}, {}}), InvalidInput);
}

TEST(BySystem, TwoClipsOfOneItemCannotBeMatched) {
  SystemScores scores;
  add(scores, "a", {1, 2, 3}, "s");
  add(scores, "b", {1, 2}, "s");
  scores.items[1] = "s0";
  const auto systems = by_system(scores);
  EXPECT_TRUE(systems[0].set.items.empty());
  EXPECT_EQ(systems[1].set.items.size(), 2U);
}

TEST(TieLetters, LongRunsAndManyGroups) {
  RankedSystem row;
  row.groups = {2, 3, 4};
  EXPECT_EQ(tie_letters(row), "cde");
  row.groups = {2, 3, 4, 5, 7, 9};
  EXPECT_EQ(tie_letters(row), "c-fhj");
  row.groups = {26, 27, 28, 53};
  EXPECT_EQ(tie_letters(row), "a'b'c'b''");
}

}  // namespace
}  // namespace qamro::evaluation
