#include "qamro/evaluation/evaluate.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/core/random.h"
#include "qamro/metrics/correlation.h"
#include "qamro/statistics/numbers.h"

namespace qamro::evaluation {
namespace {

using Numbers = std::vector<double>;
constexpr double kInf = std::numeric_limits<double>::infinity();

JoinedScores small() {
  JoinedScores scores;
  scores.axes = {"mos"};
  scores.labels = {{1, 2, 3, 4, 5, 4}};
  scores.predictions = {{1.5, 1.0, 3.5, 3.0, 4.5, 5.0}};
  scores.systems = {"a", "a", "b", "b", "c", "c"};
  return scores;
}

// 12 systems of 10 clips. Predictions follow the labels with noise; groups are clip numbers
// within the system.
JoinedScores large() {
  JoinedScores scores;
  scores.axes = {"mos", "TA"};
  scores.labels.resize(2);
  scores.predictions.resize(2);
  Random random(9);
  for (int system = 0; system < 12; ++system)
    for (int clip = 0; clip < 10; ++clip) {
      scores.systems.push_back(fmt::format("s{}", system));
      scores.groups.push_back(fmt::format("g{}", clip));
      for (std::size_t axis = 0; axis < 2; ++axis) {
        const double label = 1 + system * 0.3 + random.uniform();
        scores.labels[axis].push_back(label);
        scores.predictions[axis].push_back(label + random.uniform());
      }
    }
  return scores;
}

void expect_inside(const MetricEstimate& estimate) {
  ASSERT_TRUE(estimate.metric.value && estimate.bootstrap.interval);
  EXPECT_LT(estimate.bootstrap.interval->low, estimate.bootstrap.interval->high);
  EXPECT_TRUE(estimate.bootstrap.interval->contains(*estimate.metric.value));
}

TEST(Evaluate, UtteranceAndSystemLevelByHand) {
  const Evaluation result = evaluate(small(), {.bootstrap = {.resamples = 0}});
  ASSERT_EQ(result.axes.size(), 1U);
  const LevelMetrics& utterance = *result.axes[0].utterance;
  EXPECT_EQ(utterance.n, 6U);
  EXPECT_DOUBLE_EQ(*utterance.mse.metric.value, (0.25 + 1 + 0.25 + 1 + 0.25 + 1) / 6);
  EXPECT_DOUBLE_EQ(*utterance.ktau.metric.value,
                   *metrics::ktau(small().predictions[0], small().labels[0]).value);
  const LevelMetrics& system = *result.axes[0].system;
  EXPECT_EQ(system.n, 3U);  // means 1.5 3.5 4.5 against 1.25 3.25 4.75
  EXPECT_DOUBLE_EQ(*system.mse.metric.value, 0.0625);
  EXPECT_DOUBLE_EQ(*system.srcc.metric.value, 1.0);
  EXPECT_FALSE(system.srcc.bootstrap.interval);
}

TEST(Evaluate, GivenSystemTruth) {
  EvaluationOptions options{.bootstrap = {.resamples = 0}};
  options.system_truth = SystemTruth{{"c", "x", "a", "b"}, {{1.0, 9.0, 3.0, 2.0}}};
  EXPECT_DOUBLE_EQ(*evaluate(small(), options).axes[0].system->ktau.metric.value, -1.0);
  options.system_truth = SystemTruth{{"c", "a"}, {{1.0, 3.0}}};
  EXPECT_THROW(evaluate(small(), options), InvalidInput);
  options.system_truth = SystemTruth{{"c", "a", "b"}, {{1.0, 3.0, statistics::kUndefined}}};
  EXPECT_THROW(evaluate(small(), options), InvalidInput);
}

TEST(Evaluate, MissingValuesLeaveTheirAxisInPairs) {
  JoinedScores scores = small();
  scores.labels[0][0] = statistics::kUndefined;
  scores.predictions[0][5] = statistics::kUndefined;
  const Evaluation result = evaluate(scores, {.bootstrap = {.resamples = 0}});
  EXPECT_EQ(result.axes[0].utterance->n, 4U);
  EXPECT_DOUBLE_EQ(*result.axes[0].utterance->mse.metric.value, (1 + 0.25 + 1 + 0.25) / 4);
  EXPECT_EQ(result.axes[0].system->n, 3U);
}

TEST(Evaluate, DecimalsMakeTies) {
  JoinedScores scores;
  scores.axes = {"mos"};
  scores.systems = {"a", "b", "c"};
  scores.labels = {{1, 2, 3}};
  scores.predictions = {{1.00001, 1.00002, 2.0}};
  EXPECT_DOUBLE_EQ(*evaluate(scores, {.bootstrap = {.resamples = 0}}).axes[0].system->srcc.metric.value, 1.0);
  EXPECT_LT(
      *evaluate(scores, {.decimals = 4, .bootstrap = {.resamples = 0}}).axes[0].system->srcc.metric.value,
      1.0);
}

TEST(Evaluate, UndefinedHasAReasonAndNoInterval) {
  JoinedScores scores = small();
  scores.predictions[0].assign(6, 3.0);
  const Evaluation result = evaluate(scores, {.bootstrap = {.resamples = 50}});
  EXPECT_FALSE(result.axes[0].utterance->lcc.metric.value);
  EXPECT_EQ(result.axes[0].utterance->lcc.metric.reason, "the predictions are constant");
  EXPECT_FALSE(result.axes[0].utterance->lcc.bootstrap.interval);
  EXPECT_TRUE(result.axes[0].utterance->mse.bootstrap.interval);
}

TEST(Evaluate, ConstantPredictionsHaveNoSystemCorrelation) {
  // Sums of 0.1 over 3, 4 ... clips, divided by the number of clips, are not all 0.1.
  JoinedScores scores;
  scores.axes = {"mos"};
  scores.labels.resize(1);
  for (int system = 0; system < 20; ++system)
    for (int clip = 0; clip < 3 + system; ++clip) {
      scores.systems.push_back(std::to_string(system));
      scores.labels[0].push_back(system % 7);
    }
  scores.predictions = {std::vector<double>(scores.labels[0].size(), 0.1)};
  const LevelMetrics constant = *evaluate(scores, {.bootstrap = {.resamples = 20}}).axes[0].system;
  EXPECT_FALSE(constant.lcc.metric.value);
  EXPECT_EQ(constant.ktau.metric.reason, "the predictions are constant");
  EXPECT_FALSE(constant.srcc.bootstrap.interval);
  std::swap(scores.labels, scores.predictions);
  EXPECT_EQ(evaluate(scores, {.bootstrap = {.resamples = 20}}).axes[0].system->ktau.metric.reason,
            "the labels are constant");
}

TEST(Evaluate, NoClips) {
  JoinedScores scores;
  scores.axes = {"mos"};
  scores.labels = {{}};
  scores.predictions = {{}};
  const Evaluation result = evaluate(scores);
  EXPECT_EQ(result.axes[0].utterance->n, 0U);
  EXPECT_FALSE(result.axes[0].utterance->mse.metric.value);
  EXPECT_FALSE(result.axes[0].system->mse.metric.value);
}

TEST(Evaluate, IntervalsHoldTheValueForEveryUnit) {
  for (const statistics::ResamplingUnit unit :
       {statistics::ResamplingUnit::kPoints, statistics::ResamplingUnit::kSystems}) {
    const Evaluation result = evaluate(large(), {.unit = unit, .bootstrap = {.resamples = 400, .seed = 3}});
    for (const AxisEvaluation& axis : result.axes) {
      expect_inside(axis.utterance->mse);
      expect_inside(axis.utterance->lcc);
      expect_inside(axis.utterance->srcc);
      expect_inside(axis.utterance->ktau);
      expect_inside(axis.system->mse);
      expect_inside(axis.system->lcc);
    }
  }
}

TEST(Evaluate, EveryUnitDrawsSomethingElse) {
  const auto at = [](statistics::ResamplingUnit unit) {
    return evaluate(large(), {.unit = unit, .bootstrap = {.resamples = 200}});
  };
  const auto utterance = [&](statistics::ResamplingUnit unit) {
    return at(unit).axes[0].utterance->lcc.bootstrap.interval->low;
  };
  const auto system = [&](statistics::ResamplingUnit unit) {
    return at(unit).axes[0].system->mse.bootstrap.interval->low;
  };
  EXPECT_EQ(utterance(statistics::ResamplingUnit::kPoints), utterance(statistics::ResamplingUnit::kClips));
  EXPECT_NE(utterance(statistics::ResamplingUnit::kPoints), utterance(statistics::ResamplingUnit::kSystems));
  EXPECT_NE(utterance(statistics::ResamplingUnit::kPoints), utterance(statistics::ResamplingUnit::kGroups));
  EXPECT_EQ(system(statistics::ResamplingUnit::kPoints), system(statistics::ResamplingUnit::kSystems));
  EXPECT_NE(system(statistics::ResamplingUnit::kPoints), system(statistics::ResamplingUnit::kClips));
  EXPECT_NE(system(statistics::ResamplingUnit::kClips), system(statistics::ResamplingUnit::kGroups));
}

TEST(Evaluate, DrawingOneOfTwoGroupsGivesThatGroupsNumbers) {
  // Group x has perfect predictions, group y errors of 1: the resampled MSE is 0, 1/2 or 1.
  JoinedScores scores = small();
  scores.predictions[0] = {1, 2, 3, 5, 6, 5};
  scores.groups = {"x", "x", "x", "y", "y", "y"};
  const Evaluation result = evaluate(
      scores,
      {.system_level = false, .unit = statistics::ResamplingUnit::kGroups, .bootstrap = {.resamples = 200}});
  EXPECT_EQ(result.axes[0].utterance->mse.bootstrap.interval->low, 0.0);
  EXPECT_EQ(result.axes[0].utterance->mse.bootstrap.interval->high, 1.0);
}

TEST(Evaluate, SystemsWithoutADrawnClipLeaveTheResample) {
  JoinedScores scores = small();
  scores.groups = scores.systems;
  const Evaluation result =
      evaluate(scores, {.unit = statistics::ResamplingUnit::kGroups, .bootstrap = {.resamples = 300}});
  const statistics::BootstrapInterval& lcc = result.axes[0].system->lcc.bootstrap;
  EXPECT_NEAR(static_cast<double>(lcc.dropped), 300.0 / 9, 25);  // the same system three times
  EXPECT_TRUE(lcc.interval);
}

TEST(Evaluate, ClipsWithinSystemsVary) {
  const Evaluation result =
      evaluate(large(), {.unit = statistics::ResamplingUnit::kClips, .bootstrap = {.resamples = 100}});
  const statistics::Interval interval = *result.axes[0].system->mse.bootstrap.interval;
  EXPECT_LT(interval.low, interval.high);
}

TEST(Evaluate, UndefinedResamplesAreCounted) {
  JoinedScores scores;
  scores.axes = {"mos"};
  scores.labels = {{1, 2}};
  scores.predictions = {{1, 2}};
  const Evaluation result = evaluate(scores, {.system_level = false, .bootstrap = {.resamples = 1000}});
  const MetricEstimate& lcc = result.axes[0].utterance->lcc;
  EXPECT_NEAR(static_cast<double>(lcc.bootstrap.dropped), 500, 80);  // both draws give the same clip
  EXPECT_EQ(lcc.bootstrap.interval->low, 1.0);
}

TEST(Evaluate, ThreadsDoNotMatter) {
  const Evaluation one = evaluate(large(), {.bootstrap = {.resamples = 200, .threads = 1}});
  const Evaluation many = evaluate(large(), {.bootstrap = {.resamples = 200, .threads = 5}});
  for (std::size_t axis = 0; axis < 2; ++axis) {
    EXPECT_EQ(one.axes[axis].utterance->ktau.bootstrap.interval->low,
              many.axes[axis].utterance->ktau.bootstrap.interval->low);
    EXPECT_EQ(one.axes[axis].system->lcc.bootstrap.interval->high,
              many.axes[axis].system->lcc.bootstrap.interval->high);
  }
}

TEST(Evaluate, Refuses) {
  JoinedScores scores = small();
  scores.systems.clear();
  EXPECT_THROW(evaluate(scores), InvalidInput);
  EXPECT_NO_THROW(evaluate(scores, {.system_level = false}));
  EXPECT_THROW(evaluate(scores, {.system_level = false, .unit = statistics::ResamplingUnit::kSystems}),
               InvalidInput);
  EXPECT_THROW(evaluate(small(), {.unit = statistics::ResamplingUnit::kGroups}), InvalidInput);
  scores = small();
  scores.systems[2].clear();
  EXPECT_THROW(evaluate(scores), InvalidInput);
  scores = small();
  scores.labels[0][1] = kInf;
  EXPECT_THROW(evaluate(scores), InvalidInput);
  scores = small();
  scores.predictions[0].pop_back();
  EXPECT_THROW(evaluate(scores), InvalidInput);
  scores = small();
  scores.predictions.clear();
  EXPECT_THROW(evaluate(scores), InvalidInput);
}

}  // namespace
}  // namespace qamro::evaluation
