#include "qamro/evaluation/verdict_text.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qamro/core/random.h"
#include "statistics/normal_numbers.h"

namespace qamro::evaluation {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

// The same clips for all: a difference of `by`, and a spread of the differences.
ComparedSystem copy_of(const ComparedSystem& system, const std::string& name, double by, double spread,
                       std::uint64_t seed) {
  Random random(seed);
  ComparedSystem copy = system;
  copy.system = name;
  for (double& score : copy.set.scores) score += by + spread * testing::normal(random);
  return copy;
}

ComparedSystem base_system(std::size_t clips) {
  Random random(1);
  ComparedSystem base{"old", {}};
  for (std::size_t i = 0; i < clips; ++i) {
    base.set.scores.push_back(3.5 + 0.5 * testing::normal(random));
    base.set.items.push_back(fmt::format("{}", i));
  }
  return base;
}

TEST(PWords, AreNeverZero) {
  EXPECT_EQ(p_words(0), "p < .001");
  EXPECT_EQ(p_words(0.00099), "p < .001");
  EXPECT_EQ(p_words(0.001), "p = .001");
  EXPECT_EQ(p_words(0.0234), "p = .023");
  EXPECT_EQ(p_words(0.05), "p = .05");
  EXPECT_EQ(p_words(0.4), "p = .40");
  EXPECT_EQ(p_words(1), "p = 1");
}

TEST(VerdictText, AWinnerWithItsDifference) {
  const ComparedSystem old = base_system(26);
  const SystemVerdict verdict = judge_systems("mos", {old, copy_of(old, "new", 0.3, 0.2, 2)});
  EXPECT_TRUE(verdict.has_winner);
  EXPECT_FALSE(verdict.clips);
  EXPECT_THAT(
      verdict.text,
      MatchesRegex("mos: new is ahead of old by 0\\.[0-9]+ \\[\\+0\\.[0-9]+, \\+0\\.[0-9]+\\], p < .001, "
                   "26 paired clips"));
}

TEST(VerdictText, ATieHasNoWinnerAndSaysWhatWouldSettleIt) {
  const ComparedSystem old = base_system(26);
  const SystemVerdict verdict = judge_systems("mos", {old, copy_of(old, "new", 0.0, 0.4, 2)});
  EXPECT_FALSE(verdict.has_winner);
  EXPECT_THAT(verdict.text, StartsWith("mos: no difference between "));
  EXPECT_THAT(verdict.text, HasSubstr("(26 paired clips; about "));
  EXPECT_THAT(verdict.text, HasSubstr("would settle a difference of 0.1)"));
  EXPECT_LT(verdict.clips->low, verdict.clips->clips);
  EXPECT_GT(verdict.clips->high, verdict.clips->clips);
}

TEST(VerdictText, ATieWithEnoughClipsSaysSo) {
  const ComparedSystem old = base_system(60);
  const SystemVerdict verdict = judge_systems("mos", {old, copy_of(old, "new", 0.0, 0.05, 2)});
  EXPECT_THAT(verdict.text, HasSubstr("(60 paired clips; a difference of 0.1 would probably have shown)"));
}

TEST(VerdictText, OfThreeTheTiedAreNamedAndTheRestCounted) {
  const ComparedSystem old = base_system(40);
  const SystemVerdict verdict = judge_systems(
      "mos",
      {old, copy_of(old, "a", 2, 0.3, 2), copy_of(old, "b", 2.02, 0.3, 3), copy_of(old, "c", 2, 0.3, 4)});
  EXPECT_THAT(verdict.text, HasSubstr("which has the highest mean, cannot be told apart from "));
  EXPECT_THAT(verdict.text, HasSubstr("is ahead of the other one"));
  EXPECT_THAT(verdict.text, Not(HasSubstr(" old")));
}

TEST(VerdictText, FewClipsCannotReachTheLevel) {
  const ComparedSystem old = base_system(4);
  const SystemVerdict verdict = judge_systems("mos", {old, copy_of(old, "new", 1, 0.1, 2)});
  EXPECT_FALSE(verdict.has_winner);
  EXPECT_THAT(verdict.text, HasSubstr("so few clips cannot reach p = .05 in 1 comparison"));
  EXPECT_GE(verdict.clips->clips, 6U);
}

TEST(VerdictWords, PutTheAnswerFirstAndSayTheSame) {
  const ComparedSystem old = base_system(26);
  const SystemVerdict won = judge_systems("mos", {old, copy_of(old, "new", 0.3, 0.2, 2)});
  const VerdictWords winner = verdict_words(won);
  EXPECT_EQ(won.text, "mos: " + winner.answer + ", " + winner.evidence);
  EXPECT_THAT(winner.answer, MatchesRegex("new is ahead of old by 0\\.[0-9]+ \\[.*\\]"));
  EXPECT_EQ(winner.evidence, "p < .001, 26 paired clips");

  const SystemVerdict tie = judge_systems("mos", {old, copy_of(old, "new", 0.0, 0.4, 2)});
  EXPECT_THAT(verdict_words(tie).answer,
              MatchesRegex("no difference between [a-z]+ and [a-z]+ can be shown: [^(]*\\]"));
  EXPECT_THAT(verdict_words(tie).evidence,
              MatchesRegex("p = [^,]*, 26 paired clips; about .* would settle .*"));

  const VerdictWords alone = verdict_words(judge_systems("mos", {old}));
  EXPECT_EQ(alone.answer, "there is no other system to compare old with");
  EXPECT_EQ(alone.evidence, "");
}

TEST(VerdictWords, OfSeveralTiedSystemsTheDifferenceToTheNextIsEvidence) {
  const ComparedSystem old = base_system(40);
  const SystemVerdict verdict = judge_systems(
      "mos",
      {old, copy_of(old, "a", 2, 0.3, 2), copy_of(old, "b", 2.02, 0.3, 3), copy_of(old, "c", 2, 0.3, 4)});
  const SystemPair* pair = headline_pair(verdict.comparison);
  EXPECT_EQ(pair->better, 0u);
  EXPECT_EQ(pair->worse, 1u);
  EXPECT_THAT(verdict_words(verdict).evidence,
              MatchesRegex(
                  "\\+0\\.[0-9]+ \\[.*\\] to [abc], p = .* \\(corrected for 6 pairs\\), 40 paired clips; .*; "
                  "[abc] is ahead of the other one"));
  EXPECT_EQ(headline_pair(judge_systems("mos", {old}).comparison), nullptr);
}

// Of some, the first two differ before the correction alone.
TEST(VerdictText, AnIntervalThatIsNotCorrectedIsSaidToBe) {
  const ComparedSystem old = base_system(30);
  int said = 0;
  for (std::uint64_t seed = 2; seed < 60; ++seed) {
    const SystemVerdict verdict = judge_systems(
        "mos", {old, copy_of(old, "a", 0.08, 0.2, seed), copy_of(old, "b", -0.06, 0.2, seed + 100)});
    const SystemPair& pair = verdict.comparison.pairs[0];
    if (tied_with_best(verdict.comparison) != std::vector<std::size_t>{1})
      continue;  // no difference is shown
    const bool puzzles = !pair.test.interval->contains(0) && !verdict.comparison.can_tell_apart(pair);
    EXPECT_EQ(verdict.text.find("the interval is not") != std::string::npos, puzzles) << verdict.text;
    said += puzzles ? 1 : 0;
  }
  EXPECT_GT(said, 0);
}

TEST(Listed, CutsALongList) {
  EXPECT_EQ(listed({"a"}), "a");
  EXPECT_EQ(listed({"a", "b"}), "a and b");
  EXPECT_EQ(listed({"a", "b", "c", "d"}), "a, b, c and d");
  EXPECT_EQ(listed({"a", "b", "c", "d", "e"}), "a, b, c and 2 more");
}

}  // namespace
}  // namespace qamro::evaluation
