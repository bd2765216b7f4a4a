#include "qamro/report/headline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace qamro::report {
namespace {

constexpr double kNoScore = std::numeric_limits<double>::quiet_NaN();

// Clips of systems whose scores are far apart, or the same.
ReportData scored(const std::vector<std::pair<std::string, std::vector<double>>>& systems,
                  bool labelled = false) {
  ReportData data;
  data.scores.axes = {"mos"};
  data.scores.labels.resize(1);
  data.scores.predictions.resize(1);
  for (const auto& [name, values] : systems)
    for (const double value : values) {
      data.scores.systems.push_back(name);
      data.scores.predictions[0].push_back(value);
      data.scores.labels[0].push_back(labelled ? value : kNoScore);
    }
  data.rankings = rank_axes(data.scores, data.test);
  return data;
}

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

TEST(Headline, AWinnerIsNamedAsItIsWithTheRunnerUp) {
  const Headline said = headline(scored({{"low", {1.0, 1.1, 1.2, 1.3}}, {"high", {4.0, 4.1, 4.2, 4.3}}}));
  EXPECT_EQ(said.answer, "high is ahead of low by 3.00 [+2.78, +3.22].");
  EXPECT_THAT(said.sureness, StartsWith("p = .029, 4 and 4 clips. Predicted mos: no listener was asked."));
}

TEST(Headline, ATieHasNoWinner) {
  const Headline said = headline(scored({{"a", {3.0, 4.0, 5.0}}, {"b", {2.9, 4.0, 5.0}}}));
  EXPECT_THAT(said.answer,
              MatchesRegex("No difference between a and b can be shown: \\+0.03 \\[[^(]*\\]\\."));
  EXPECT_THAT(said.sureness, HasSubstr("so few clips cannot reach p = .05"));
}

TEST(Headline, OneSystemOneClipAndNone) {
  EXPECT_THAT(headline(scored({{"only", {2.0, 3.0}}})).answer, HasSubstr("no other system"));
  EXPECT_EQ(headline(scored({{"only", {2.0, 3.0}}})).sureness.find("Predicted"), 0u) << "nothing was tested";
  EXPECT_THAT(headline(scored({{"a", {4.0}}, {"b", {2.0}}})).sureness, HasSubstr("one clip is too few"));
  ReportData data = scored({{"a", {4.0, 3.0}}});
  data.scores.systems.clear();
  data.rankings = rank_axes(data.scores, data.test);
  EXPECT_EQ(headline(data).answer, "2 clips of unknown systems");
  EXPECT_EQ(headline(ReportData()).answer, "Results");
}

TEST(Headline, WithLabelsThePredictorIsJudged) {
  ReportData data = scored({{"low", {1.0, 1.1}}, {"high", {4.0, 4.1}}}, true);
  data.agreement = {"Predicted mos against listeners: SRCC 1.00 over 2 systems", "SRCC 0.90 over 4 clips."};
  EXPECT_EQ(headline(data).answer, data.agreement.answer + ".");
  EXPECT_THAT(headline(data).sureness, StartsWith("SRCC 0.90 over 4 clips. Listeners: no difference "));
  EXPECT_THAT(headline(data).sureness, HasSubstr("]. Predictions: no difference between high and low"));
}

}  // namespace
}  // namespace qamro::report
