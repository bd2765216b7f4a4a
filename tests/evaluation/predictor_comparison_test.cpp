#include "qamro/evaluation/predictor_comparison.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "qamro/core/error.h"
#include "statistics/normal_numbers.h"

namespace qamro::evaluation {
namespace {

using metrics::Metric;

using testing::normal;

struct Two {
  JoinedScores first;
  std::vector<std::vector<double>> second;
};

// 20 systems of 5 clips; the second predictor is noisier by `noise`.
Two two_predictors(double noise) {
  Random random(8);
  Two two;
  two.first.axes = {"mos"};
  two.first.labels.resize(1);
  two.first.predictions.resize(1);
  two.second.resize(1);
  for (int clip = 0; clip < 100; ++clip) {
    const int system = clip / 5;
    two.first.systems.push_back(std::to_string(system));
    two.first.groups.push_back(std::to_string(clip % 5));
    two.first.labels[0].push_back(0.2 * system + normal(random));
    two.first.predictions[0].push_back(two.first.labels[0].back() + 0.3 * normal(random));
    two.second[0].push_back(two.first.labels[0].back() + noise * normal(random));
  }
  return two;
}

TEST(ComparePredictors, MetricsAreThoseOfEvaluate) {
  Two two = two_predictors(1);
  const auto got = compare_predictors(two.first, two.second, {.bootstrap = {.resamples = 0}}, 0);
  const Evaluation first = evaluate(two.first, {.bootstrap = {.resamples = 0}});
  two.first.predictions = two.second;
  const Evaluation second = evaluate(two.first, {.bootstrap = {.resamples = 0}});
  for (const Metric m : metrics::kMetrics) {
    EXPECT_EQ(got[0].utterance->metrics[m].first.value, (*first.axes[0].utterance)[m].metric.value);
    EXPECT_EQ(got[0].utterance->metrics[m].second.value, (*second.axes[0].utterance)[m].metric.value);
    EXPECT_EQ(got[0].system->metrics[m].first.value, (*first.axes[0].system)[m].metric.value);
    EXPECT_EQ(got[0].system->metrics[m].second.value, (*second.axes[0].system)[m].metric.value);
    EXPECT_FALSE(got[0].utterance->metrics[m].interval);
    EXPECT_FALSE(got[0].utterance->metrics[m].p_permutation);
  }
  EXPECT_EQ(got[0].utterance->n, 100U);
  EXPECT_EQ(got[0].system->n, 20U);
}

TEST(ComparePredictors, TellsApartWhatDiffersAndNotWhatDoesNot) {
  for (const statistics::ResamplingUnit unit :
       {statistics::ResamplingUnit::kPoints, statistics::ResamplingUnit::kSystems,
        statistics::ResamplingUnit::kClips}) {
    const Two apart = two_predictors(1.5);
    const auto got = compare_predictors(apart.first, apart.second, {.unit = unit});
    const ComparedPredictors& srcc = got[0].utterance->metrics[Metric::srcc];
    EXPECT_GT(srcc.interval->low, 0);
    EXPECT_TRUE(srcc.interval->contains(*srcc.difference));
    EXPECT_LT(*srcc.p_bootstrap, 0.01);
    EXPECT_LT(*srcc.p_permutation, 0.01);
    EXPECT_LT(got[0].utterance->metrics[Metric::mse].interval->high, 0);
  }
  const Two equal = two_predictors(0.3);
  const auto got = compare_predictors(equal.first, equal.second, {});
  EXPECT_GT(*got[0].utterance->metrics[Metric::srcc].p_permutation, 0.05);
  EXPECT_GT(*got[0].utterance->metrics[Metric::srcc].p_bootstrap, 0.05);
  EXPECT_TRUE(got[0].utterance->metrics[Metric::srcc].interval->contains(0));
}

TEST(ComparePredictors, ClipsThatOneLacksLeaveBoth) {
  Two two = two_predictors(1);
  two.first.predictions[0][3] = std::numeric_limits<double>::quiet_NaN();
  two.second[0][7] = std::numeric_limits<double>::quiet_NaN();
  const auto got =
      compare_predictors(two.first, two.second, {.unit = statistics::ResamplingUnit::kGroups}, 200);
  EXPECT_EQ(got[0].utterance->n, 98U);
  EXPECT_TRUE(got[0].utterance->metrics[Metric::srcc].p_permutation);
}

TEST(ComparePredictors, AGivenTruthIsOfBoth) {
  Two two = two_predictors(1);
  SystemTruth truth{{}, {{}}};
  for (int system = 0; system < 20; ++system) {
    truth.systems.push_back(std::to_string(system));
    truth.values[0].push_back(system);
  }
  const auto got =
      compare_predictors(two.first, two.second,
                         {.utterance_level = false, .system_truth = truth, .bootstrap = {.resamples = 0}}, 0);
  const Evaluation first = evaluate(two.first, {.system_truth = truth, .bootstrap = {.resamples = 0}});
  EXPECT_EQ(got[0].system->metrics[Metric::mse].first.value, first.axes[0].system->mse.metric.value);
  EXPECT_FALSE(got[0].utterance);
}

TEST(ComparePredictors, Refuses) {
  Two two = two_predictors(1);
  two.second[0].pop_back();
  EXPECT_THROW(compare_predictors(two.first, two.second), InvalidInput);
  two.second.clear();
  EXPECT_THROW(compare_predictors(two.first, two.second), InvalidInput);
  two = two_predictors(1);
  two.first.systems.clear();
  EXPECT_THROW(compare_predictors(two.first, two.second), InvalidInput);
}

}  // namespace
}  // namespace qamro::evaluation
