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
  EXPECT_THAT(headline(data).sureness,
              HasSubstr(" Predictions: no difference between high and low can be shown: +3.00"));
}

TEST(Headline, GuessesNameNoWinner) {
  ReportData data = scored({{"low", {1.0, 1.1, 1.2, 1.3}}, {"high", {4.0, 4.1, 4.2, 4.3}}});
  const evaluation::ClipConditions far{.familiarity = 0.0};
  const evaluation::ClipConditions near{.familiarity = 0.9};
  data.conditions = {evaluation::summarise_conditions("low", std::vector{far, far, far, near}),
                     evaluation::summarise_conditions("high", std::vector{far, far, near, near})};
  EXPECT_EQ(headline(data).answer,
            "5 of 8 clips are far from the speech that the model was fitted on: their scores are guesses.");
  EXPECT_THAT(headline(data).sureness, StartsWith("What the guesses say: high is ahead"));
  data.conditions[0] = evaluation::summarise_conditions("low", std::vector{far, far, near, near});
  EXPECT_THAT(headline(data).answer, HasSubstr("high is ahead of low"));
}

TEST(Warnings, OfClipsThatTheModelWasTrainedOn) {
  ReportData data = scored({{"a", {4.0, 3.0}}, {"b", {2.0}}});
  EXPECT_TRUE(warnings(data).empty());
  data.seen.add("a", true);
  data.seen.add("a", false);
  data.seen.add("b", false);
  ASSERT_EQ(warnings(data).size(), 1U);
  EXPECT_EQ(
      warnings(data)[0].text,
      "1 of 3 clips are among those that the model was trained on: their scores say nothing of new clips (trained on 1 of 2 clips of a).");
  data.seen.systems.clear();
  EXPECT_TRUE(warnings(data)[0].text.ends_with("say nothing of new clips."));
}

TEST(Warnings, OfUnfamiliarClipsAndMixedRecordings) {
  ReportData data = scored({{"a", {4.0, 3.0}}, {"drums", {2.0, 2.5}}});
  data.warnings = {{"Given", "first"}};
  evaluation::ClipConditions speech{.familiarity = 0.9, .sample_rate_hz = 16000};
  evaluation::ClipConditions drum{.familiarity = 0.0, .sample_rate_hz = 48000};
  evaluation::ClipConditions odd{.familiarity = 0.3, .sample_rate_hz = 48000};
  data.conditions = {evaluation::summarise_conditions("a", std::vector{speech, speech}),
                     evaluation::summarise_conditions("drums", std::vector{drum, odd})};
  const auto all = warnings(data);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].text, "first");
  EXPECT_EQ(all[1].text,
            "1 of 4 clips are far from the speech that the model was fitted on, so their scores are guesses; "
            "1 of 4 are a little unlike that speech (drums 2 of 2).");
  EXPECT_EQ(all[2].title, "Mixed recordings");
  EXPECT_THAT(all[2].text, HasSubstr("48 kHz (drums)"));
}

}  // namespace
}  // namespace qamro::report
