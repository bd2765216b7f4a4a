#include "qamro/evaluation/gate.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "qamro/core/error.h"
#include "qamro/core/jobs.h"
#include "qamro/evaluation/output/comparison_json.h"
#include "statistics/normal_numbers.h"

namespace qamro::evaluation {
namespace {

using ::testing::HasSubstr;

statistics::ScoreSet shifted(double by, std::size_t clips = 30) {
  Random random(3);
  statistics::ScoreSet set;
  for (std::size_t i = 0; i < clips; ++i) {
    set.scores.push_back(3.5 + by + 0.4 * testing::normal(random));
    set.items.push_back(std::to_string(i));
  }
  return set;
}

// The same clips with added noise, so that paired differences vary.
statistics::ScoreSet noisy_copy(const statistics::ScoreSet& set, double by) {
  Random random(4);
  statistics::ScoreSet copy = set;
  for (double& score : copy.scores) score += by + 0.1 * testing::normal(random);
  return copy;
}

TEST(ParseMinimum, IsAnAxisAndANumber) {
  const auto minimum = parse_minimum("mos=3.5");
  ASSERT_TRUE(minimum);
  EXPECT_EQ(minimum->axis, "mos");
  EXPECT_EQ(minimum->minimum, 3.5);
  ASSERT_TRUE(parse_minimum("PQ=-.5"));
  EXPECT_EQ(parse_minimum("PQ=-.5")->minimum, -0.5);
}

TEST(ParseMinimum, RefusesAnythingElse) {
  for (const char* text : {"", "=", "=3", "mos", "mos=", "mos=good", "mos=3=4", "mos=nan", "mos=inf"})
    EXPECT_FALSE(parse_minimum(text)) << "'" << text << "'";
}

TEST(GateMinimum, TheMeanDecides) {
  const statistics::ScoreSet scores{{3.4, 3.6, 3.5, 3.5}, {}};
  EXPECT_EQ(check_minimum("mos", scores, 3.5, {}).outcome, GateOutcome::kPass);
  EXPECT_EQ(check_minimum("mos", scores, 3.51, {}).outcome, GateOutcome::kFail);
  EXPECT_THAT(check_minimum("mos", scores, 3.51, {}).what, HasSubstr("mos 3.50"));
  EXPECT_EQ(check_minimum("mos", {{3.5}, {}}, 3.5, {}).outcome, GateOutcome::kPass);
}

TEST(GateMinimum, SureNeedsTheLowerBound) {
  const statistics::ScoreSet scores{{3.4, 3.6, 3.5, 3.5}, {}};
  const GateOptions sure{.sure = true};
  const GateCheck close = check_minimum("mos", scores, 3.5, sure);
  EXPECT_EQ(close.outcome, GateOutcome::kFail);
  EXPECT_THAT(close.what, HasSubstr("not surely >="));
  EXPECT_EQ(check_minimum("mos", scores, 3.3, sure).outcome, GateOutcome::kPass);
  // mean - t(.95, 3) * sd / 2, and the interval that every command shows: mean ± t(.975, 3) * sd / 2.
  EXPECT_NEAR(*close.lower_bound, 3.5 - 2.3533634 * 0.0408248, 1e-6);
  EXPECT_NEAR(close.mean_interval->low, 3.5 - 3.1824463 * 0.0408248, 1e-6);
}

TEST(GateMinimum, OneClipIsNeverSure) {
  const GateCheck one = check_minimum("mos", {{5}, {}}, 1, {.sure = true});
  EXPECT_EQ(one.outcome, GateOutcome::kUndecided);
  EXPECT_THAT(one.what, HasSubstr("it takes 2"));
  EXPECT_EQ(check_minimum("mos", {{0}, {}}, 1, {.sure = true}).outcome, GateOutcome::kFail);
}

TEST(GateNotWorse, FailsOnlyBeyondChance) {
  const statistics::ScoreSet base = shifted(0);
  EXPECT_EQ(check_not_worse({{"mos", noisy_copy(base, 0.2), base}}, {})[0].outcome, GateOutcome::kPass);
  const GateCheck worse = check_not_worse({{"mos", noisy_copy(base, -0.2), base}}, {})[0];
  EXPECT_EQ(worse.outcome, GateOutcome::kFail);
  EXPECT_LT(worse.against->difference, -0.1);
  EXPECT_TRUE(worse.against->is_paired);
  EXPECT_THAT(worse.what, HasSubstr("p < .001, 30 paired clips"));
  // Without items in common, the same drop is lost in the clips' spread: it passes, and says how little it
  // sees.
  statistics::ScoreSet other = noisy_copy(base, -0.1);
  other.items.clear();
  const GateCheck lost = check_not_worse({{"mos", other, base}}, {})[0];
  EXPECT_EQ(lost.outcome, GateOutcome::kPass);
  EXPECT_THAT(lost.what, HasSubstr("would have noticed a drop of 0.2"));
  EXPECT_GT(*lost.noticeable, 0.2);
}

TEST(GateNotWorse, EqualClipsAreEqual) {
  for (const std::size_t clips : {1U, 2U, 4U, 30U})
    for (const std::optional<double> margin : {std::optional<double>(), std::optional(0.1)}) {
      const statistics::ScoreSet same = shifted(0, clips);
      const GateCheck check = check_not_worse({{"mos", same, same}}, {.margin = margin})[0];
      EXPECT_EQ(check.outcome, GateOutcome::kPass) << clips;
      EXPECT_THAT(check.what, HasSubstr("every clip has the same score as its pair"));
    }
}

TEST(GateNotWorse, TooFewClipsAreUndecided) {
  const statistics::ScoreSet base = shifted(0, 4);
  for (const std::optional<double> margin : {std::optional<double>(), std::optional(0.1)})
    for (const double by : {-1.0, 0.0, 1.0}) {
      const GateCheck check = check_not_worse({{"mos", noisy_copy(base, by), base}}, {.margin = margin})[0];
      EXPECT_EQ(check.outcome, GateOutcome::kUndecided) << by;
      EXPECT_THAT(check.what, HasSubstr("so few clips cannot reach p = 0.05: it takes 5 paired clips"));
    }
  const statistics::ScoreSet five = shifted(0, 5);
  EXPECT_EQ(check_not_worse({{"mos", noisy_copy(five, -1), five}}, {})[0].outcome, GateOutcome::kFail);
  // Two axes share the error of chance, so each needs more.
  const auto both =
      check_not_worse({{"PQ", noisy_copy(five, -1), five}, {"CE", noisy_copy(five, 0), five}}, {});
  EXPECT_EQ(both[0].outcome, GateOutcome::kUndecided);
  EXPECT_THAT(both[0].what, HasSubstr("on one of 2 axes: it takes 6 paired clips"));
  EXPECT_EQ(check_not_worse({{"mos", {{3}, {}}, {{4}, {}}}}, {})[0].outcome, GateOutcome::kUndecided);
  const statistics::ScoreSet many = shifted(0, 30);
  const GateCheck few_rounds =
      check_not_worse({{"mos", noisy_copy(many, 0), many}}, {.alpha = 0.001, .rounds = 500})[0];
  EXPECT_EQ(few_rounds.outcome, GateOutcome::kUndecided);
  EXPECT_THAT(few_rounds.what, HasSubstr("500 permutations cannot reach p = 0.001: it takes 1000"));
}

TEST(GateNotWorse, ADropThatMustBeNoticed) {
  const statistics::ScoreSet base = shifted(0);
  const statistics::ScoreSet copy = noisy_copy(base, 0);
  const double noticeable = *check_not_worse({{"mos", copy, base}}, {})[0].noticeable;
  EXPECT_EQ(check_not_worse({{"mos", copy, base}}, {.detect = noticeable * 1.01})[0].outcome,
            GateOutcome::kPass);
  const GateCheck small = check_not_worse({{"mos", copy, base}}, {.detect = noticeable / 2})[0];
  EXPECT_EQ(small.outcome, GateOutcome::kUndecided);
  EXPECT_THAT(small.what, HasSubstr("would have noticed only a drop of"));
  // Half the drop takes about four times the clips.
  EXPECT_THAT(small.what, ::testing::ContainsRegex("takes about 1[12]0 \\("));
  EXPECT_GT(*check_not_worse({{"mos", copy, base}}, {.power = 0.95})[0].noticeable, noticeable);
  // A drop that is found is a failure, whatever should have been noticed.
  EXPECT_EQ(check_not_worse({{"mos", noisy_copy(base, -0.3), base}}, {.detect = 0.001})[0].outcome,
            GateOutcome::kFail);
}

TEST(GateNotWorse, AMarginDemandsProof) {
  const statistics::ScoreSet base = shifted(0);
  const statistics::ScoreSet slightly = noisy_copy(base, -0.1);
  const GateCheck check = check_not_worse({{"mos", slightly, base}}, {.margin = 0.3})[0];
  EXPECT_EQ(check.outcome, GateOutcome::kPass);
  EXPECT_THAT(check.what, HasSubstr("a drop of 0.3 or more is ruled out"));
  EXPECT_EQ(check_not_worse({{"mos", slightly, base}}, {.margin = 0.05})[0].outcome, GateOutcome::kFail);
  EXPECT_LT(check.against->difference, 0);  // candidate minus baseline
  EXPECT_LT(check.against->interval->high, 0);
}

TEST(GateNotWorse, AxesShareTheErrorOfChance) {
  const statistics::ScoreSet base = shifted(0);
  const statistics::ScoreSet down = noisy_copy(base, -0.04);
  const double alone = *check_not_worse({{"PQ", down, base}}, {})[0].p;
  const auto both = check_not_worse({{"PQ", down, base}, {"CE", base, base}}, {});
  EXPECT_DOUBLE_EQ(*both[0].p, 2 * alone);
}

struct GateShares {
  double pass = 0;
  double fail = 0;
  double undecided = 0;
};

// How often the gate says what, if the candidate's paired clips are truly `drop` lower (spread of the
// differences: 1).
GateShares simulated(std::size_t clips, double drop, const GateOptions& options) {
  constexpr int kRuns = 600;
  std::vector<GateOutcome> outcomes(kRuns);
  for_each_job(kRuns, 2, [&](std::int64_t i) {
    Random random(derive_seed(11, "gate", static_cast<std::uint64_t>(i)));
    statistics::ScoreSet base;
    statistics::ScoreSet candidate;
    for (std::size_t clip = 0; clip < clips; ++clip) {
      base.items.push_back(std::to_string(clip));
      base.scores.push_back(testing::normal(random));
      candidate.scores.push_back(base.scores.back() - drop + testing::normal(random));
    }
    candidate.items = base.items;
    outcomes[static_cast<std::size_t>(i)] = check_not_worse({{"mos", candidate, base}}, options)[0].outcome;
  });
  GateShares shares;
  for (const GateOutcome outcome : outcomes)
    (outcome == GateOutcome::kPass   ? shares.pass
     : outcome == GateOutcome::kFail ? shares.fail
                                     : shares.undecided) += 1.0 / kRuns;
  ::testing::Test::RecordProperty(
      fmt::format("clips_{}_drop_{}", clips, drop),
      fmt::format("pass {:.3f}, fail {:.3f}, undecided {:.3f}", shares.pass, shares.fail, shares.undecided));
  return shares;
}

TEST(GateSimulation, FalseAlarmsAndMisses) {
  const GateOptions options{.rounds = 999};
  for (const std::size_t clips : {2U, 4U}) EXPECT_NEAR(simulated(clips, 1, options).undecided, 1, 1e-9);
  for (const std::size_t clips : {5U, 10U, 30U, 100U}) {
    EXPECT_LE(simulated(clips, 0, options).fail, 0.075) << clips;  // .05 and chance
  }
  EXPECT_NEAR(simulated(30, 0.466, options).fail, 0.8, 0.06);
  EXPECT_NEAR(simulated(100, 0.251, options).fail, 0.8, 0.06);
  // With a margin, a system that is lower by the margin passes in 5 % at most.
  EXPECT_LE(simulated(30, 0.5, {.margin = 0.5, .rounds = 999}).pass, 0.075);
  EXPECT_GE(simulated(100, 0, {.margin = 0.5, .rounds = 999}).pass, 0.95);
}

TEST(Gate, Refuses) {
  EXPECT_THROW(check_minimum("mos", {{1, 2}, {}}, 3, {.alpha = 0.5}), InvalidInput);
  EXPECT_THROW(check_minimum("mos", {{1, 2}, {}}, std::numeric_limits<double>::infinity(), {}), InvalidInput);
  EXPECT_THROW(check_not_worse({{"mos", {{1, 2}, {}}, {{1, 2}, {}}}}, {.margin = -1}), InvalidInput);
  EXPECT_THROW(check_minimum("mos", {{}, {}}, 3, {}), InvalidInput);
}

TEST(Gate, VerdictNamesWhatFailedFirst) {
  const statistics::ScoreSet base = shifted(0);
  std::vector<GateCheck> checks = {check_minimum("mos", base, 1, {}), check_minimum("mos", base, 5, {})};
  EXPECT_EQ(gate_verdict(checks).rfind("FAIL  mos", 0), 0U);
  EXPECT_LT(gate_verdict(checks).find("< 5"), gate_verdict(checks).find(">= 1"));
  EXPECT_EQ(gate_verdict(checks).find('\n'), std::string::npos);
  checks.pop_back();
  EXPECT_EQ(gate_verdict(checks).rfind("PASS", 0), 0U);
  const nlohmann::ordered_json json = gate_json(checks, {});
  EXPECT_EQ(json.at("outcome").get<std::string>(), "PASS");
  EXPECT_TRUE(json.at("passed").get<bool>());
  EXPECT_EQ(json.at("checks")[0].at("minimum").get<double>(), 1.0);
}

TEST(Gate, UndecidedDoesNotPassAndAFailureComesFirst) {
  GateCheck undecided;
  undecided.outcome = GateOutcome::kUndecided;
  undecided.what = "undecided";
  GateCheck passed;
  passed.outcome = GateOutcome::kPass;
  passed.what = "passed";
  GateCheck failed;
  failed.what = "failed";
  EXPECT_EQ(gate_verdict({passed, undecided}), "UNDECIDED  undecided; passed");
  EXPECT_EQ(gate_verdict({passed, undecided, failed}), "FAIL  failed; undecided; passed");
  EXPECT_FALSE(gate_json({passed, undecided}, {}).at("passed").get<bool>());
}

}  // namespace
}  // namespace qamro::evaluation
