#include "qamro/evaluation/evaluate_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "qamro/core/error.h"
#include "qamro/statistics/numbers.h"

namespace qamro::evaluation {
namespace {

using ::testing::ElementsAre;

JoinedScores table(std::vector<std::string> systems, std::vector<double> labels, const std::string& prefix) {
  JoinedScores scores;
  scores.axes = {"mos"};
  for (std::size_t i = 0; i < labels.size(); ++i) scores.keys.push_back(prefix + std::to_string(i));
  scores.predictions = {std::vector<double>(labels.size(), 9.0)};
  scores.labels = {std::move(labels)};
  scores.systems = std::move(systems);
  return scores;
}

TEST(Baseline, LookupIsTheSystemsTrainingMeanElseTheMeanOfAll) {
  const JoinedScores train = table({"a", "b", "a", "b", "c"}, {1, 3, 2, 5, statistics::kUndefined}, "t");
  const JoinedScores result =
      baseline_scores(table({"b", "a", "c", "d"}, {1, 1, 1, 1}, "e"), train, Baseline::kLookup);
  EXPECT_THAT(result.predictions[0], ElementsAre(4, 1.5, 2.75, 2.75));
  EXPECT_THAT(result.labels[0], ElementsAre(1, 1, 1, 1));
}

TEST(Baseline, ConstantIsTheMeanOfAll) {
  const JoinedScores train = table({}, {1, 3, statistics::kUndefined}, "t");
  const JoinedScores result = baseline_scores(table({}, {5, 5}, "e"), train, Baseline::kConstant);
  EXPECT_THAT(result.predictions[0], ElementsAre(2, 2));
}

TEST(Baseline, AxesAreMatchedByName) {
  JoinedScores train = table({"a"}, {1}, "t");
  train.axes = {"other", "mos"};
  train.labels = {{7}, {3}};
  train.predictions = {{0}, {0}};
  EXPECT_THAT(baseline_scores(table({"a"}, {1}, "e"), train, Baseline::kLookup).predictions[0],
              ElementsAre(3));
  train.axes = {"other", "avg_score"};  // a published name of mos
  EXPECT_THAT(baseline_scores(table({"a"}, {1}, "e"), train, Baseline::kLookup).predictions[0],
              ElementsAre(3));
  train.axes = {"other", "else"};
  EXPECT_THROW(baseline_scores(table({"a"}, {1}, "e"), train, Baseline::kLookup), InvalidInput);
}

TEST(Baseline, RefusesTheAnswersThemselvesAndUnknownSystems) {
  const JoinedScores scores = table({"a"}, {1}, "e");
  EXPECT_THROW(baseline_scores(scores, scores, Baseline::kConstant), InvalidInput);
  // The clip is the same, however the files name it.
  JoinedScores train = table({"S001"}, {1}, "");
  train.keys = {"wav/audiomos2025-track1-S001_P002.wav"};
  JoinedScores evaluated = table({"S001"}, {1}, "");
  evaluated.keys = {"S001_P002"};
  EXPECT_THROW(baseline_scores(evaluated, train, Baseline::kLookup), InvalidInput);
  EXPECT_THROW(baseline_scores(scores, table({}, {1}, "t"), Baseline::kLookup), InvalidInput);
  EXPECT_THROW(baseline_scores(table({}, {1}, "e"), table({"a"}, {1}, "t"), Baseline::kLookup), InvalidInput);
}

}  // namespace
}  // namespace qamro::evaluation
