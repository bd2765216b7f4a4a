#include "qamro/evaluation/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "qamro/core/error.h"
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
  EXPECT_TRUE(check_minimum("mos", scores, 3.5, {}).passed);
  EXPECT_FALSE(check_minimum("mos", scores, 3.51, {}).passed);
  EXPECT_THAT(check_minimum("mos", scores, 3.51, {}).what, HasSubstr("mos 3.50"));
  EXPECT_TRUE(check_minimum("mos", {{3.5}, {}}, 3.5, {}).passed);
}

TEST(GateMinimum, SureNeedsTheLowerBound) {
  const statistics::ScoreSet scores{{3.4, 3.6, 3.5, 3.5}, {}};
  const GateOptions sure{.sure = true};
  EXPECT_FALSE(check_minimum("mos", scores, 3.5, sure).passed);
  EXPECT_THAT(check_minimum("mos", scores, 3.5, sure).what, HasSubstr("not surely >="));
  EXPECT_TRUE(check_minimum("mos", scores, 3.3, sure).passed);
  EXPECT_FALSE(check_minimum("mos", {{5}, {}}, 1, sure).passed);  // one clip is never sure
  // The one-sided bound: mean - t(.95, 3) * sd / 2 = 3.5 - 2.353 * 0.0816 / 2.
  EXPECT_NEAR(check_minimum("mos", scores, 3.3, sure).mean_interval->low, 3.404, 0.004);
}

TEST(GateNotWorse, FailsOnlyBeyondChance) {
  const statistics::ScoreSet base = shifted(0);
  EXPECT_TRUE(check_not_worse({{"mos", base, base}}, {})[0].passed);
  EXPECT_TRUE(check_not_worse({{"mos", noisy_copy(base, 0.2), base}}, {})[0].passed);
  const GateCheck worse = check_not_worse({{"mos", noisy_copy(base, -0.2), base}}, {})[0];
  EXPECT_FALSE(worse.passed);
  EXPECT_LT(worse.against->difference, -0.1);
  EXPECT_TRUE(worse.against->is_paired);
  EXPECT_THAT(worse.what, HasSubstr("30 paired clips"));
  // Without items in common, the same drop is lost in the clips' spread.
  statistics::ScoreSet other = noisy_copy(base, -0.1);
  other.items.clear();
  EXPECT_TRUE(check_not_worse({{"mos", other, base}}, {})[0].passed);
}

TEST(GateNotWorse, AMarginDemandsProof) {
  const statistics::ScoreSet base = shifted(0);
  const statistics::ScoreSet slightly = noisy_copy(base, -0.1);
  EXPECT_TRUE(check_not_worse({{"mos", slightly, base}}, {.margin = 0.3})[0].passed);
  EXPECT_FALSE(check_not_worse({{"mos", slightly, base}}, {.margin = 0.05})[0].passed);
  // Few clips prove nothing, so they fail with a margin. Without one they pass.
  const statistics::ScoreSet few_base = shifted(0, 3);
  EXPECT_FALSE(check_not_worse({{"mos", noisy_copy(few_base, 0), few_base}}, {.margin = 0.05})[0].passed);
  EXPECT_TRUE(check_not_worse({{"mos", noisy_copy(few_base, 0), few_base}}, {})[0].passed);
  const GateCheck check = check_not_worse({{"mos", slightly, base}}, {.margin = 0.3})[0];
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

TEST(GateNotWorse, SingleClips) {
  EXPECT_TRUE(check_not_worse({{"mos", {{3}, {}}, {{3}, {}}}}, {})[0].passed);
  EXPECT_FALSE(check_not_worse({{"mos", {{3}, {}}, {{4}, {}}}}, {})[0].passed);
  EXPECT_FALSE(check_not_worse({{"mos", {{5}, {}}, {{4}, {}}}}, {.margin = 0.5})[0].passed);
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
  EXPECT_TRUE(json.at("passed").get<bool>());
  EXPECT_EQ(json.at("checks")[0].at("minimum").get<double>(), 1.0);
}

}  // namespace
}  // namespace qamro::evaluation
