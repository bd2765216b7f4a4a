#include "qamro/evaluation/evaluate_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"
#include "qamro/evaluation/output/results_json.h"
#include "qamro/evaluation/output/results_text.h"
#include "qamro/statistics/resampling.h"

namespace qamro::evaluation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

JoinedScores two_domains() {
  JoinedScores scores;
  scores.axes = {"mos"};
  scores.labels = {{1, 2, 3, 4, 5, 6}};
  scores.predictions = {{1, 2, 3, 6, 5, 4}};
  scores.raters = {{{1, 1}, {1, 3}, {3, 3}, {4, 4}, {4, 6}, {6, 6}}};
  scores.parts = {"speech", "speech", "speech", "music", "music", "music"};
  scores.keys = {"a", "b", "c", "d", "e", "f"};
  return scores;
}

TEST(Results, SomeClipsKeepTheirPlaces) {
  const JoinedScores some = some_clips(two_domains(), {false, true, false, false, true, false});
  EXPECT_THAT(some.labels[0], ElementsAre(2, 5));
  EXPECT_THAT(some.raters[0][1], ElementsAre(4, 6));
  EXPECT_THAT(some.keys, ElementsAre("b", "e"));
  EXPECT_TRUE(some.systems.empty());
}

TEST(Results, PartsAreEvaluatedByThemselves) {
  const auto parts = evaluate_parts(two_domains(), {.system_level = false, .bootstrap = {.resamples = 0}});
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].name, "speech");
  EXPECT_EQ(*parts[0].evaluation.axes[0].utterance->srcc.metric.value, 1.0);
  EXPECT_EQ(*parts[1].evaluation.axes[0].utterance->srcc.metric.value, -1.0);
  EXPECT_EQ(parts[1].evaluation.axes[0].utterance->n, 3U);
}

TEST(Results, JsonKeepsTheDocumentedLayoutAndAddsKeys) {
  const JoinedScores scores = two_domains();
  EvaluationResults results;
  results.evaluation = evaluate(scores, {.system_level = false, .bootstrap = {.resamples = 20}});
  results.baselines.push_back({"lookup", *results.evaluation});
  results.part_column = "domain";
  results.parts = evaluate_parts(scores, {.system_level = false, .bootstrap = {.resamples = 0}});
  results.ceilings = noise_ceilings(scores);
  results.system_truth = "split";
  results.predictions_without_label = {"p.csv:3 'x'"};
  const nlohmann::ordered_json json = results_json(results);
  EXPECT_EQ(json.at("utterance").at("mos").at("n"), 6);
  EXPECT_EQ(json.at("baselines").at("lookup").at("utterance"), json.at("utterance"));
  EXPECT_EQ(json.at("parts").at("values").at("music").at("utterance").at("mos").at("ktau"), -1.0);
  EXPECT_EQ(json.at("bootstrap").at("drawn").at("system"), "systems");
  EXPECT_EQ(json.at("ceilings").at("mos").at("clips"), 6);
  EXPECT_TRUE(json.at("ceilings").at("mos").at("utterance").at("ideal").at("srcc").contains("sd"));
  EXPECT_EQ(json.at("left_out").at("predictions_without_label")[0], "p.csv:3 'x'");
}

TEST(Results, JsonOfBaselinesAlone) {
  EvaluationResults results;
  results.baselines.push_back(
      {"constant", evaluate(two_domains(), {.system_level = false, .bootstrap = {.resamples = 0}})});
  const nlohmann::ordered_json json = results_json(results);
  EXPECT_FALSE(json.contains("utterance"));
  EXPECT_FALSE(json.contains("left_out"));
  EXPECT_TRUE(json.at("baselines").at("constant").contains("utterance"));
}

TEST(Results, TextNamesPartsBaselinesAndCeilings) {
  const JoinedScores scores = two_domains();
  EvaluationResults results;
  results.evaluation = evaluate(scores, {.system_level = false, .bootstrap = {.resamples = 0}});
  results.part_column = "domain";
  results.parts = evaluate_parts(scores, {.system_level = false, .bootstrap = {.resamples = 0}});
  results.baselines.push_back({"lookup", *results.evaluation});
  results.ceilings = noise_ceilings(scores);
  const std::string text = render_results(results);
  for (const char* wanted : {"== domain: speech", "== domain: music", "== baseline: lookup",
                             "mos ideal predictor", "another panel", "one rater", "2 raters per clip"})
    EXPECT_THAT(text, HasSubstr(wanted));
}

class MarkedClips : public ::testing::Test {
 protected:
  data::RatingTable read(const std::string& name, const std::string& text) const {
    return data::read_ratings(folder_.write(name, text));
  }
  testing::TemporaryFolder folder_;
  data::RatingTable labels_ = read("labels.csv", "path,system,mos\n1,a,1\n2,a,2\n3,b,3\n4,b,4\n5,b,5\n");
  data::RatingTable marked_ =
      read("p.csv", "path,mos,in_training\n1,1,true\n2,3,true\n3,2,\n4,5,true\n5,,\n9,1,true\n");
};

TEST_F(MarkedClips, AreCountedFirstOfAll) {
  EvaluationRequest request;
  request.choices.bootstrap.resamples = 0;
  const EvaluationResults results = evaluate_tables({labels_, &marked_, {}}, request).results;
  EXPECT_THAT(
      render_results(results),
      ::testing::StartsWith(
          "3 of 4 clips are among those that the model was trained on: these results say nothing of new clips\n"
          "trained on 2 of 2 clips of a, 1 of 2 of b\n\n"));
  EXPECT_EQ(
      results_json(results).at("in_training"),
      nlohmann::ordered_json::parse(
          R"({"clips": 3, "of": 4, "systems": {"a": {"clips": 2, "of": 2}, "b": {"clips": 1, "of": 2}}})"));
}

TEST_F(MarkedClips, WithoutSystemsTakeOneLine) {
  const data::RatingTable labels = read("l.csv", "path,mos\n1,1\n2,2\n3,3\n4,4\n5,5\n");
  EvaluationRequest request;
  request.choices.bootstrap.resamples = 0;
  EXPECT_THAT(render_results(evaluate_tables({labels, &marked_, {}}, request).results),
              HasSubstr("say nothing of new clips\n\nutterance"));
}

TEST_F(MarkedClips, KeepTheirMarksInAPart) {
  const JoinedScores scores = join_tables(labels_, marked_).scores;
  EXPECT_THAT(some_clips(scores, {false, true, true, false, false}).in_training, ElementsAre(true, false));
}

TEST_F(MarkedClips, WithoutAMarkNothingIsSaid) {
  const data::RatingTable plain = read("q.csv", "path,mos\n1,1\n2,3\n3,2\n4,5\n5,4\n");
  EvaluationRequest request;
  request.choices.bootstrap.resamples = 0;
  const EvaluationResults results = evaluate_tables({labels_, &plain, {}}, request).results;
  EXPECT_THAT(render_results(results), ::testing::StartsWith("utterance"));
  EXPECT_FALSE(results_json(results).contains("in_training"));
}

}  // namespace
}  // namespace qamro::evaluation
