#include "qamro/scoring/system_scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "training/synthetic_data.h"

namespace qamro::scoring {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using training::message_of;

// Twenty clips with scores around `mean` on each axis, and some that failed.
SystemScoreSets around(double mean, const std::vector<std::string>& axes, std::size_t failures = 0) {
  SystemScoreSets system;
  system.name = "around " + std::to_string(mean);
  for (const std::string& axis : axes)
    for (int clip = 0; clip < 20; ++clip) {
      system.axes[axis].scores.push_back(mean + 0.01 * (clip % 5 - 2));
      system.axes[axis].items.push_back(std::to_string(clip));
    }
  system.failures.resize(failures, "x.wav: broken");
  system.clips = 20 + failures;
  return system;
}

TEST(CheckSystem, ComesToEachMinimumInItsOrder) {
  const auto checks = check_system(around(3.5, {"mos", "PQ"}), nullptr, {.minima = {{"PQ", 3}, {"mos", 4}}});
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_EQ(checks[0].axis, "PQ");
  EXPECT_EQ(checks[0].outcome, evaluation::GateOutcome::kPass);
  EXPECT_EQ(checks[1].axis, "mos");
  EXPECT_EQ(checks[1].outcome, evaluation::GateOutcome::kFail);
  EXPECT_EQ(checks[1].minimum, 4);
}

TEST(CheckSystem, OfAnAxisThatIsNotThereIsRefused) {
  EXPECT_THAT(message_of([] {
                check_system(around(3.5, {"mos"}), nullptr, {.minima = {{"PQ", 3}}});
              }),
              HasSubstr("expected scores of an axis 'PQ', got none"));
}

TEST(CheckSystem, ComparesTheAxesOfBothOrThoseWanted) {
  const SystemScoreSets candidate = around(3, {"mos", "PQ", "CE"});
  const SystemScoreSets baseline = around(4, {"PQ", "mos"});
  const auto all = check_system(candidate, &baseline, {});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].axis, "PQ");
  EXPECT_EQ(all[1].axis, "mos");
  EXPECT_EQ(all[1].outcome, evaluation::GateOutcome::kFail);
  EXPECT_NEAR(all[1].against->difference, -1, 1e-9);
  const auto one = check_system(candidate, &baseline, {.axes = {"mos"}});
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].axis, "mos");
  EXPECT_THAT(message_of([&] { check_system(candidate, &baseline, {.axes = {"CE"}}); }),
              HasSubstr("an axis 'CE', got none"));
}

TEST(CheckSystem, ComesToMinimaBeforeTheBaseline) {
  const SystemScoreSets baseline = around(3, {"mos"});
  const auto checks = check_system(around(3.5, {"mos"}), &baseline, {.minima = {{"mos", 3}}});
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_TRUE(checks[0].minimum);
  EXPECT_TRUE(checks[1].against);
}

TEST(CheckSystem, AllowsSomeFailuresOfTheCandidate) {
  EXPECT_THAT(check_system(around(3.5, {"mos"}), nullptr, {}), IsEmpty());
  const auto two = check_system(around(3.5, {"mos"}, 2), nullptr, {.allowed_failures = 1});
  ASSERT_EQ(two.size(), 1U);
  EXPECT_EQ(two[0].outcome, evaluation::GateOutcome::kFail);
  EXPECT_EQ(two[0].what, "2 of 22 clips have no score");
  EXPECT_EQ(check_system(around(3.5, {"mos"}, 2), nullptr, {.allowed_failures = 2})[0].outcome,
            evaluation::GateOutcome::kPass);
  const SystemScoreSets baseline = around(3, {"mos"}, 5);
  EXPECT_EQ(check_system(around(3.5, {"mos"}), &baseline, {}).size(), 1U) << "the baseline's do not count";
}

TEST(JudgeAxis, ComparesThatAxisOfAllSystems) {
  std::vector<SystemScoreSets> systems = {around(2, {"mos", "PQ"}), around(4, {"PQ", "mos"})};
  systems[0].axes["PQ"] = around(5, {"PQ"}).axes["PQ"];
  systems[0].name = "old";
  systems[1].name = "new";
  const auto mos = judge_axis(systems, "mos", {.rounds = 200});
  ASSERT_EQ(mos.comparison.systems.size(), 2U);
  EXPECT_EQ(mos.comparison.systems[0].system, "new");
  EXPECT_THAT(mos.text, HasSubstr("mos: new is ahead of old"));
  EXPECT_THAT(judge_axis(systems, "PQ", {.rounds = 200}).text, HasSubstr("PQ: old is ahead of new"));
}

}  // namespace
}  // namespace qamro::scoring
