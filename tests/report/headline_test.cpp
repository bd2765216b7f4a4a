#include "qamro/report/headline.h"

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
  data.rankings = rank_axes(data.scores, data.bootstrap);
  return data;
}

TEST(Headline, SaysWhoIsPreferredAndThatItIsSure) {
  const Headline said = headline(scored({{"low", {1.0, 1.1, 1.2}}, {"high", {4.0, 4.1, 4.2}}}));
  EXPECT_EQ(said.answer, "Listeners would prefer high");
  EXPECT_TRUE(said.sureness.starts_with("Predicted mos 4.10 [4.0")) << said.sureness;
  EXPECT_NE(said.sureness.find("Its 3 clips tell it apart from every other system."), std::string::npos)
      << said.sureness;
}

TEST(Headline, SaysFromWhomItIsNotToldApart) {
  const ReportData data = scored({{"a", {3.0, 4.0, 5.0}}, {"b", {2.9, 4.0, 5.0}}, {"c", {1.0, 1.0, 1.1}}});
  EXPECT_NE(
      headline(data).sureness.find("The clips do not tell it apart from b; it is ahead of the other 1."),
      std::string::npos)
      << headline(data).sureness;
}

TEST(Headline, EqualMeansShareTheFirstPlace) {
  const Headline said = headline(scored({{"a", {2.0, 3.0}}, {"b", {3.0, 2.0}}}));
  EXPECT_EQ(said.answer, "Listeners would prefer a and b");
  EXPECT_NE(said.sureness.find("They share the first place."), std::string::npos);
}

TEST(Headline, OneSystemOneClipAndNone) {
  EXPECT_NE(headline(scored({{"only", {2.0, 3.0}}})).sureness.find("no other system"), std::string::npos);
  EXPECT_NE(headline(scored({{"a", {4.0}}, {"b", {2.0}}})).sureness.find("One clip does not tell"),
            std::string::npos);
  ReportData data = scored({{"a", {4.0, 3.0}}});
  data.scores.systems.clear();
  data.rankings = rank_axes(data.scores, data.bootstrap);
  EXPECT_EQ(headline(data).answer, "2 clips of unknown systems");
  EXPECT_EQ(headline(ReportData()).answer, "Results");
}

TEST(Headline, WithLabelsListenersHaveTheWord) {
  ReportData data = scored({{"low", {1.0, 1.1}}, {"high", {4.0, 4.1}}}, true);
  EXPECT_EQ(headline(data).answer, "Listeners prefer high, and so say the predictions");
  data.scores.predictions[0] = {5.0, 5.0, 1.0, 1.0};
  data.rankings = rank_axes(data.scores, data.bootstrap);
  EXPECT_EQ(headline(data).answer, "Listeners prefer high; the predictions say low");
}

TEST(Headline, ALongListOfNamesIsCut) {
  std::vector<std::pair<std::string, std::vector<double>>> systems;
  for (char name = 'a'; name <= 'h'; ++name) systems.push_back({std::string(1, name), {2.0, 3.0}});
  EXPECT_EQ(headline(scored(systems)).answer, "Listeners would prefer a, b, c and 5 more");
}

TEST(Headline, WarnsOfClipsThatTheModelWasTrainedOn) {
  ReportData data = scored({{"a", {4.0, 3.0}}, {"b", {2.0}}});
  EXPECT_EQ(headline(data).caution, "");
  data.seen.add("a", true);
  data.seen.add("a", false);
  data.seen.add("b", false);
  EXPECT_EQ(
      headline(data).caution,
      "1 of 3 clips are among those that the model was trained on: their scores say nothing of new clips (trained on 1 of 2 clips of a).");
  data.seen.systems.clear();
  EXPECT_TRUE(headline(data).caution.ends_with("say nothing of new clips."));
}

}  // namespace
}  // namespace qamro::report
