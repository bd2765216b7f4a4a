#include "qamro/experiments/ablation_run.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "qamro/experiments/experiment_rows.h"
#include "qamro/experiments/paper_layout.h"

namespace qamro::experiments {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kSentences = 16, kSystems = 4;

// 16 sentences by 4 systems, labels all different.
training::Dataset clips() {
  training::Dataset dataset;
  std::vector<double> labels;
  for (std::int64_t i = 0; i < kSentences * kSystems; ++i) {
    dataset.paths.push_back(std::to_string(i));
    dataset.systems.push_back(std::to_string(i % kSystems));
    dataset.groups.push_back(std::to_string(i / kSystems));
    labels.push_back(1.0 + 3.0 * static_cast<double>((i * 37) % 64) / 64.0);
  }
  dataset.labels = at::tensor(labels, at::kDouble).view({-1, 1});
  return dataset;
}

training::Recipe recipe() {
  training::Recipe recipe;
  recipe.data.axes = {"mos"};
  recipe.ablate.bootstrap_resamples = 400;
  return recipe;
}

// The labels, with unrelated numbers for every third clip.
at::Tensor worse(const training::Dataset& dataset) {
  at::Tensor scores = dataset.labels.clone();
  for (std::int64_t i = 0; i < scores.size(0); i += 3)
    scores[i][0] = static_cast<double>((i * 29) % 64) / 16.0;
  return scores;
}

TEST(AblationSteps, EachPartIsComparedWithTheRowWithoutIt) {
  const training::Dataset dataset = clips();
  const at::Tensor good = dataset.labels, bad = worse(dataset);
  const std::vector<AblationScores> scores = {{kRegressionOnly, {}, bad, {}},
                                              {kFixedMargin, {}, good, {}},
                                              {kAdaptiveMargin, {}, good + 1.0, {}},
                                              {kQamro, {}, bad, {}},
                                              {"look-up", {}, bad, {}}};
  const auto scopes = ablation_steps(recipe(), dataset, scores);
  ASSERT_EQ(scopes.size(), 1U);
  ASSERT_EQ(scopes[0].steps.size(), 3U);
  const auto& steps = scopes[0].steps;
  EXPECT_GT(steps[0].utterance->difference, 0.1);
  EXPECT_NEAR(steps[1].utterance->difference, 0.0, 1e-12);
  EXPECT_NEAR(steps[2].utterance->difference, -steps[0].utterance->difference, 1e-12);
  EXPECT_LE(*steps[0].utterance->p_holm, 0.05);
  EXPECT_EQ(*steps[1].utterance->p_holm, 1.0);
  const auto json = steps_json(scopes)[0]["steps"];
  EXPECT_EQ(json[0]["utterance"]["verdict"], "helps");
  EXPECT_EQ(json[1]["utterance"]["verdict"], "cannot be told from chance");
  EXPECT_EQ(json[2]["utterance"]["verdict"], "hurts");
  EXPECT_THAT(render_steps(scopes, "sentence"), HasSubstr("quality weighting ("));
}

TEST(AblationSteps, OnlyOfRowsThatAreThere) {
  const training::Dataset dataset = clips();
  const std::vector<AblationScores> scores = {{kAdaptiveMargin, {}, dataset.labels, {}},
                                              {kQamro, 7.0, worse(dataset), {}},
                                              {kRegressionOnly, {}, dataset.labels, {}}};
  EXPECT_TRUE(ablation_steps(recipe(), dataset, scores).empty())
      << "a factor's row is not the recipe's QAMRO";
  EXPECT_EQ(render_steps({}, "clip"), "");
}

TEST(SeedSpread, IsOfEachSeedAlone) {
  const training::Dataset dataset = clips();
  const at::Tensor seeds = at::stack({dataset.labels, -dataset.labels});
  const std::vector<AblationScores> scores = {{"trained", {}, seeds.mean(0), seeds},
                                              {"look-up", {}, seeds[0], {}}};
  const auto spread = seed_spread(recipe(), dataset, scores);
  ASSERT_EQ(spread.size(), 1U);
  EXPECT_NEAR(*spread[0].utterance[0], 1.0, 1e-12);
  EXPECT_NEAR(*spread[0].utterance[1], -1.0, 1e-12);
  EXPECT_NEAR(*spread[0].system[1], -1.0, 1e-12);
  EXPECT_THAT(render_seeds(spread), HasSubstr("-1.000 to 1.000"));
}

}  // namespace
}  // namespace qamro::experiments
