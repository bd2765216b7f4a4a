#include "qamro/evaluation/model_comparison.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/evaluation/evaluate.h"
#include "qamro/evaluation/predictor_comparison.h"

namespace qamro::evaluation {
namespace {

using metrics::Metric;

// 20 groups × 3 systems; "good" follows the label closely, "bad" barely, "same" is "bad" under another name.
ComparisonData three_models() {
  Random random(3);
  ComparisonData data{{"bad", "good", "same"}, {{}, {}, {}}, {}, {}, {}};
  for (int clip = 0; clip < 60; ++clip) {
    data.systems.push_back(std::to_string(clip % 3));
    data.groups.push_back(std::to_string(clip / 3));
    data.label.push_back(random.uniform() + clip % 3);
    data.predictions[0].push_back(5.0 * random.uniform() + clip % 3);
    data.predictions[1].push_back(data.label.back() + 0.1 * random.uniform());
    data.predictions[2].push_back(data.predictions[0].back());
  }
  return data;
}

TEST(CompareModels, MetricsAreThoseOfEvaluate) {
  const ComparisonData data = three_models();
  const auto models = compare_models(data, 0, {.resamples = 50});
  ASSERT_EQ(models.size(), 3U);
  const Evaluation expected =
      evaluate({{"good"}, {data.label}, {data.predictions[1]}, data.systems, data.groups},
               {.bootstrap = {.resamples = 0}});
  EXPECT_EQ(models[1].utterance->n, 60U);
  EXPECT_EQ(models[1].system->n, 3U);
  EXPECT_EQ(models[1].utterance->metrics[Metric::srcc].metric.value,
            expected.axes[0].utterance->srcc.metric.value);
  EXPECT_EQ(models[1].utterance->metrics[Metric::ktau].metric.value,
            expected.axes[0].utterance->ktau.metric.value);
  EXPECT_EQ(models[1].system->metrics[Metric::mse].metric.value, expected.axes[0].system->mse.metric.value);
}

TEST(CompareModels, DifferencesArePaired) {
  const auto models = compare_models(three_models(), 0, {.resamples = 300});
  const ComparedMetric& good = models[1].utterance->metrics[Metric::srcc];
  EXPECT_GT(good.difference_interval->low, 0.0);
  EXPECT_DOUBLE_EQ(*good.difference_p, 1.0 / 2001);
  ASSERT_TRUE(good.difference.has_value());
  EXPECT_DOUBLE_EQ(*good.difference,
                   *good.metric.value - *models[0].utterance->metrics[Metric::srcc].metric.value);
  for (const Metric metric : metrics::kMetrics) {
    const ComparedMetric& same = models[2].utterance->metrics[metric];
    ASSERT_TRUE(same.difference_interval.has_value());
    EXPECT_EQ(same.difference_interval->low, 0.0) << "unpaired draws would differ";
    EXPECT_EQ(same.difference_interval->high, 0.0);
    EXPECT_EQ(*same.difference_p, 1.0);
  }
  EXPECT_FALSE(models[0].utterance->metrics[Metric::srcc].difference.has_value());
}

// 16 sentences × 8 systems, and two equally good models. Their errors are mostly of whole sentences, which
// they score too high or too low.
ComparisonData equal_models(std::uint64_t seed) {
  Random random(seed);
  const auto noise = [&] { return random.uniform() + random.uniform() + random.uniform() - 1.5; };
  std::vector<double> systems;
  for (int system = 0; system < 8; ++system) systems.push_back(2.0 * noise());
  ComparisonData data{{"a", "b"}, {{}, {}}, {}, {}, {}};
  for (int sentence = 0; sentence < 16; ++sentence) {
    const std::array<double, 3> shared = {noise(), noise(), noise()};
    for (int system = 0; system < 8; ++system) {
      data.groups.push_back(std::to_string(sentence));
      data.systems.push_back(std::to_string(system));
      data.label.push_back(systems[static_cast<std::size_t>(system)] + shared[0] + noise());
      for (std::size_t model = 0; model < 2; ++model)
        data.predictions[model].push_back(data.label.back() + 4.0 * shared[model + 1] + 0.6 * noise());
    }
  }
  return data;
}

TEST(CompareModels, EqualModelsAreSeldomToldApart) {
  constexpr int kDataSets = 200;
  int called = 0;
  for (std::uint64_t seed = 0; seed < kDataSets; ++seed) {
    ComparisonData data = equal_models(seed);
    data.systems.clear();
    const auto models = compare_models(data, 0, {.resamples = 0}, 199);
    called += *models[1].utterance->metrics[Metric::srcc].difference_p <= 0.05 ? 1 : 0;
  }
  // 5 % would be 10; if clips were drawn instead of sentences, it would be about 40.
  EXPECT_GE(called, 2);
  EXPECT_LE(called, 20);
}

// What `qamro compare --labels` says of the same two models.
TEST(CompareModels, DifferencesAreThoseOfComparePredictors) {
  const ComparisonData data = equal_models(5);
  const auto models = compare_models(data, 0, {.resamples = 150}, 300);
  EvaluationOptions options;
  options.unit = statistics::ResamplingUnit::kGroups;
  options.bootstrap.resamples = 150;
  const auto expected =
      compare_predictors({{"b"}, {data.label}, {data.predictions[1]}, data.systems, data.groups},
                         {data.predictions[0]}, options, 300);
  for (const Metric metric : metrics::kMetrics)
    for (const auto& [found, wanted] : {std::pair{&models[1].utterance, &expected[0].utterance},
                                        {&models[1].system, &expected[0].system}}) {
      const ComparedMetric& one = (*found)->metrics[metric];
      const ComparedPredictors& other = (*wanted)->metrics[metric];
      EXPECT_EQ(one.difference, other.difference);
      EXPECT_EQ(one.difference_interval->low, other.interval->low);
      EXPECT_EQ(one.difference_interval->high, other.interval->high);
      EXPECT_EQ(one.difference_p, other.p_permutation);
    }
  EXPECT_EQ(models[1].utterance->units, 16U) << "groups change sides";
  EXPECT_EQ(models[1].system->units, 8U);
}

// A percentile interval may begin at the difference itself.
TEST(CompareModels, ADifferenceIsInTheMiddleOfItsInterval) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto models = compare_models(equal_models(seed), 0, {.resamples = 100}, 0);
    for (const auto* level : {&models[1].utterance, &models[1].system})
      for (const Metric metric : metrics::kMetrics) {
        const ComparedMetric& one = (*level)->metrics[metric];
        EXPECT_NEAR(one.difference_interval->high - *one.difference,
                    *one.difference - one.difference_interval->low, 1e-9);
        EXPECT_FALSE(one.difference_p) << "without permutations";
      }
  }
}

TEST(CompareModels, OneModelHasNothingToDifferFrom) {
  ComparisonData data = three_models();
  data.models = {"bad"};
  data.predictions.resize(1);
  const auto models = compare_models(data, 0, {.resamples = 10});
  ASSERT_EQ(models.size(), 1U);
  EXPECT_FALSE(models[0].utterance->metrics[Metric::srcc].difference);
}

TEST(CompareModels, OnlyClipsThatAllModelsScore) {
  ComparisonData data = three_models();
  data.predictions[2][5] = std::nan("");
  data.label[7] = std::nan("");
  for (const ComparedModel& model : compare_models(data, 0, {.resamples = 0}))
    EXPECT_EQ(model.utterance->n, 58U);
}

TEST(CompareModels, UndefinedStaysUndefined) {
  ComparisonData data = three_models();
  data.systems.clear();
  data.predictions[1].assign(60, 1.0);
  const auto models = compare_models(data, 0, {.resamples = 10});
  EXPECT_FALSE(models[1].system.has_value());
  EXPECT_FALSE(models[1].utterance->metrics[Metric::srcc].metric.value.has_value());
  EXPECT_FALSE(models[1].utterance->metrics[Metric::srcc].difference.has_value());
  EXPECT_FALSE(models[1].utterance->metrics[Metric::srcc].bootstrap.interval.has_value());
}

TEST(CompareModels, RefusesWhatDoesNotFit) {
  ComparisonData data = three_models();
  EXPECT_THROW(compare_models(data, 3), InvalidInput);
  EXPECT_THROW(compare_models({}, 0), InvalidInput);
  data.predictions[1].pop_back();
  EXPECT_THROW(compare_models(data, 0), InvalidInput);
}

}  // namespace
}  // namespace qamro::evaluation
