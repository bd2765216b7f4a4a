#include "qamro/experiments/ablation_run.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "qamro/experiments/experiment_rows.h"
#include "qamro/experiments/paper_layout.h"
#include "qamro/experiments/preference_peak.h"
#include "qamro/experiments/row_notes.h"

namespace qamro::experiments {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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
  EXPECT_LE(steps[0].utterance->test->p, 0.05);
  EXPECT_EQ(steps[1].utterance->test->p, 1.0);
  EXPECT_EQ(steps[0].system->units, 4U);
  EXPECT_DOUBLE_EQ(steps[0].system->test->smallest_p, 3 * 2 / 16.0);
  const auto json = steps_json(scopes)[0]["steps"];
  EXPECT_EQ(json[0]["utterance"]["verdict"], "helps");
  EXPECT_EQ(json[1]["utterance"]["verdict"], "cannot be told from chance");
  EXPECT_EQ(json[2]["utterance"]["verdict"], "hurts");
  EXPECT_EQ(json[0]["system"]["verdict"], "undecided") << "four systems change sides in 16 ways";
  const std::string text = render_steps(scopes, {"sentence", 2000});
  EXPECT_THAT(text, HasSubstr("quality weighting ("));
  EXPECT_THAT(
      text, HasSubstr("mos, all clips: system level: 3 tests of 4 systems cannot go below p = .375; p <= .05 "
                      "needs 7 systems or more.\n"));
  EXPECT_THAT(text, Not(HasSubstr("utterance level: 3 tests")));
}

TEST(AblationSteps, OnlyOfRowsThatAreThere) {
  const training::Dataset dataset = clips();
  const std::vector<AblationScores> scores = {{kAdaptiveMargin, {}, dataset.labels, {}},
                                              {kQamro, 7.0, worse(dataset), {}},
                                              {kRegressionOnly, {}, dataset.labels, {}}};
  EXPECT_TRUE(ablation_steps(recipe(), dataset, scores).empty())
      << "a factor's row is not the recipe's QAMRO";
  EXPECT_EQ(render_steps({}, {"clip", 2000}), "");
}

TEST(RenderAblation, SaysWhatTestsWouldNeed) {
  const training::Dataset dataset = clips();
  training::Recipe few = recipe();
  few.ablate.permutations = 100;
  std::vector<AblationScores> scores = {{"reference", {}, dataset.labels, {}}};
  for (int i = 0; i < 6; ++i) scores.push_back({std::to_string(i), {}, worse(dataset), {}});
  const std::string text = render_ablation(compare_scores(few, dataset, scores), {"sentence", 100}, 400);
  EXPECT_THAT(
      text, HasSubstr("utterance level: 6 tests of 16 sentences cannot go below p = .059; p <= .05 needs 119 "
                      "permutations (ablate.permutations) or more.\n"));
  EXPECT_THAT(
      text, HasSubstr("system level: 6 tests of 4 systems cannot go below p = .750; p <= .05 needs 8 systems "
                      "and 119 permutations (ablate.permutations) or more.\n"));
  EXPECT_THAT(text, HasSubstr(", undecided (p = "));
  EXPECT_THAT(text, Not(HasSubstr("than chance (p")));
  few.ablate.permutations = 2000;
  EXPECT_THAT(render_ablation(compare_scores(few, dataset, scores), {"sentence", 2000}, 400),
              HasSubstr("0 - reference: utterance SRCC"));
}

TEST(AddLookup, IsLeftOutIfNoTestedSystemIsTrainedOn) {
  const training::Dataset dataset = clips();
  std::vector<training::Fold> by_system(1), by_sentence(1);
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    (i % kSystems == 0 ? by_system[0].test : by_system[0].train).push_back(i);
    (i < kSystems ? by_sentence[0].test : by_sentence[0].train).push_back(i);
  }
  std::vector<AblationScores> scores;
  EXPECT_THAT(add_lookup("look-up", dataset, by_system, scores), HasSubstr("as the constant does"));
  EXPECT_TRUE(scores.empty());
  EXPECT_EQ(add_lookup("look-up", dataset, by_sentence, scores), "");
  EXPECT_EQ(scores.size(), 1U);
}

TEST(CompareScores, AConstantHasAnMseAndNoOrder) {
  const training::Dataset dataset = clips();
  const at::Tensor fold_means =
      at::where(at::arange(dataset.size()).lt(32).view({-1, 1}), 2.0, 2.5).to(at::kDouble);
  const std::vector<AblationScores> scores = {{"trained", {}, worse(dataset), {}},
                                              {"constant", {}, fold_means, {}, {}, false}};
  const auto scopes = compare_scores(recipe(), dataset, scores);
  const AblationRow& constant = scopes[0].table[1];
  for (const auto* level : {&constant.model.utterance, &constant.model.system}) {
    EXPECT_TRUE((*level)->metrics[metrics::Metric::mse].metric.value);
    EXPECT_TRUE((*level)->metrics[metrics::Metric::mse].difference);
    EXPECT_FALSE((*level)->metrics[metrics::Metric::srcc].metric.value);
    EXPECT_FALSE((*level)->metrics[metrics::Metric::srcc].difference);
  }
  EXPECT_FALSE(constant.utterance_test) << "it takes no part in Holm's correction";
  EXPECT_THAT(render_ablation(scopes, {"sentence", 2000}, 400),
              HasSubstr("undefined: one number per fold has no order"));
}

TEST(RowNotes, SayWhichRunsWereCutShortAndWhichScalesDiffer) {
  const training::Dataset dataset = clips();
  training::Recipe short_recipe = recipe();
  short_recipe.trainer.max_epochs = 3;
  const std::vector<AblationScores> scores = {
      {kRegressionOnly, {}, dataset.labels, {}, training::RunEnds{8, 5}},
      {kQamro, {}, dataset.labels, {}, training::RunEnds{8, 0}},
      {"other as it is", {}, dataset.labels * 25.0 - 25.0, {}}};
  const auto notes = row_notes(short_recipe, dataset, scores);
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_THAT(notes[0], HasSubstr("training.max_epochs = 3 ended 5 of 16 runs"));
  EXPECT_THAT(notes[0], HasSubstr("regression only (5 of 8)"));
  EXPECT_THAT(notes[0], Not(HasSubstr(kQamro)));
  EXPECT_THAT(notes[1], HasSubstr("other as it is, mos: labels lie between 1 and"));
  EXPECT_THAT(render_notes(notes), HasSubstr("Note: other as it is"));
}

std::vector<PreferencePeak> peaks_of(const std::vector<at::Tensor>& curve, const training::Dataset& dataset) {
  std::vector<AblationScores> scores = {{kAdaptiveMargin, {}, worse(dataset), {}}};
  for (std::size_t i = 0; i < curve.size(); ++i)
    scores.push_back({fmt::format("factor {}", i), 1.0 + 2.0 * static_cast<double>(i), curve[i], {}});
  return preference_peaks(recipe(), dataset, scores, compare_scores(recipe(), dataset, scores));
}

TEST(PreferencePeaks, JudgeSystemsFirstAndNameTies) {
  const training::Dataset dataset = clips();
  const at::Tensor good = dataset.labels, bad = worse(dataset);
  const auto tied = peaks_of({bad, bad, bad}, dataset);
  ASSERT_EQ(tied.size(), 2U);
  EXPECT_EQ(tied[0].level, "system");
  EXPECT_EQ(tied[1].level, "utterance");
  EXPECT_TRUE(tied[0].is_tie());
  EXPECT_FALSE(tied[0].test);
  EXPECT_THAT(render_peaks(tied), HasSubstr("mos, all clips, systems: all 3 factors tie at"));
  const auto clear = peaks_of({bad, good, good + 1.0}, dataset);
  EXPECT_EQ(clear[1].highest, (std::vector<double>{3, 5}));
  EXPECT_EQ(clear[1].lowest, 1.0);
  EXPECT_THAT(peaks_json(clear)[1]["verdict"].get<std::string>(),
              HasSubstr("highest at 3, 5 (1.000), lowest at 1 ("));
  EXPECT_THAT(peaks_json(clear)[1]["verdict"].get<std::string>(), HasSubstr("more than chance, p = "));
  at::Tensor nearly = good.clone();  // two clips have changed places
  nearly[0] = good[1];
  nearly[1] = good[0];
  const auto near = peaks_of({nearly, good}, dataset);
  EXPECT_THAT(peaks_json(near)[1]["verdict"].get<std::string>(),
              HasSubstr("which cannot be told apart (p = "));
  EXPECT_EQ(render_peaks(peaks_of({}, dataset)), "");
}

TEST(PreferencePeaks, AreCorrectedForTheChoiceOfTwo) {
  const training::Dataset dataset = clips();
  const at::Tensor good = dataset.labels, bad = worse(dataset);
  const auto two = peaks_of({bad, good}, dataset), four = peaks_of({bad, good, good, good}, dataset);
  EXPECT_NEAR(four[1].test->p, 6.0 * two[1].test->p, 1e-12);
  EXPECT_NEAR(four[1].test->smallest_p, 6.0 * two[1].test->smallest_p, 1e-12);
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
