#include "qamro/evaluation/predictor_verdicts.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>

#include "qamro/core/error.h"
#include "qamro/core/jobs.h"
#include "qamro/evaluation/output/comparison_json.h"
#include "qamro/evaluation/output/comparison_text.h"
#include "statistics/normal_numbers.h"

namespace qamro::evaluation {
namespace {

using ::testing::HasSubstr;

// Four systems of three clips; `swap` exchanges the predictions of each system's first and last clip.
JoinedTables table(bool swap) {
  JoinedTables tables;
  JoinedScores& scores = tables.scores;
  scores.axes = {"mos"};
  scores.labels.resize(1);
  scores.predictions.resize(1);
  for (int clip = 0; clip < 12; ++clip) {
    scores.systems.push_back("s" + std::to_string(clip / 3));
    scores.keys.push_back(std::to_string(clip));
    scores.labels[0].push_back(clip);
    scores.predictions[0].push_back(swap ? clip + 2 - 2 * (clip % 3) : clip);
  }
  return tables;
}

PredictorResults judge(const JoinedTables& first, const JoinedTables& second,
                       const EvaluationChoices& choices) {
  return judge_tables({"a", "b"}, first, second, choices, {.permutations = 100});
}

EvaluationChoices few_resamples(const std::string& level = "") {
  EvaluationChoices choices;
  choices.level = level;
  choices.bootstrap.resamples = 20;
  return choices;
}

TEST(JudgeTables, ComparesSystemsIfEveryClipHasOne) {
  JoinedTables first = table(false);
  EXPECT_TRUE(judge(first, table(true), few_resamples()).comparison[0].system);
  first.no_system = {"labels.csv:3"};
  EXPECT_FALSE(judge(first, table(true), few_resamples()).comparison[0].system);
  first = table(false);
  first.scores.systems.clear();
  EXPECT_FALSE(judge(first, table(true), few_resamples()).comparison[0].system);
}

TEST(JudgeTables, TheLevelDoesNotCount) {
  for (const char* level : {"", "utterance", "system", "both"}) {
    const auto results = judge(table(false), table(true), few_resamples(level));
    EXPECT_TRUE(results.comparison[0].utterance) << level;
    EXPECT_TRUE(results.comparison[0].system) << level;
  }
}

TEST(JudgeTables, MatchesClipsByTheirKeys) {
  JoinedTables reversed = table(true);
  std::ranges::reverse(reversed.scores.keys);
  std::ranges::reverse(reversed.scores.predictions[0]);
  const auto plain = judge(table(false), table(true), few_resamples());
  const auto results = judge(table(false), reversed, few_resamples());
  const auto second_mse = [](const PredictorResults& of) {
    return of.comparison[0].utterance->metrics[metrics::Metric::mse].second.value;
  };
  ASSERT_TRUE(second_mse(plain));
  EXPECT_GT(*second_mse(plain), 1.0);
  EXPECT_EQ(second_mse(results), second_mse(plain));
  EXPECT_EQ(results.names.second, "b");
  EXPECT_EQ(results.permutations, 100);
}

TEST(JudgeTables, RefusesASecondPredictorThatLacksAnAxis) {
  JoinedTables second = table(true);
  second.scores.axes = {"PQ"};
  try {
    judge(table(false), second, few_resamples());
    FAIL() << "nothing thrown";
  } catch (const InvalidInput& error) {
    EXPECT_THAT(error.what(), HasSubstr("b: expected predictions of 'mos', as a has, got none"));
  }
}

// Predictors of `systems` systems of six clips: the first has the labels' order, the second noise.
JoinedTables noisy(int systems, double noise) {
  JoinedTables tables;
  JoinedScores& scores = tables.scores;
  scores.axes = {"mos"};
  scores.labels.resize(1);
  scores.predictions.resize(1);
  Random random(3);
  for (int clip = 0; clip < 6 * systems; ++clip) {
    const int system = clip / 6;
    scores.systems.push_back(fmt::format("s{}", system));
    scores.keys.push_back(fmt::format("{}", clip));
    scores.labels[0].push_back(system + 0.3 * testing::normal(random));
    scores.predictions[0].push_back(scores.labels[0].back() + noise * testing::normal(random));
  }
  return tables;
}

TEST(JudgeTables, VerdictsNameWhomTheySpeakOf) {
  EvaluationChoices choices;
  choices.bootstrap.resamples = 200;
  const auto verdict = [&](const char* resample) {
    choices.resample = resample;
    return judge(noisy(12, 0.1), noisy(12, 9), choices).verdicts[0];
  };
  EXPECT_THAT(verdict("points").utterance,
              HasSubstr("mos utterance: for new clips of these systems, a is better"));
  EXPECT_THAT(verdict("systems").utterance, HasSubstr("for new systems of this kind, a is better"));
  EXPECT_EQ(verdict("points").units->unit, "clips");
  EXPECT_EQ(verdict("points").units->units, 72U);
  EXPECT_EQ(verdict("systems").units->unit, "systems");
  EXPECT_EQ(verdict("systems").units->units, 12U);
  EXPECT_THAT(verdict("points").system, HasSubstr("mos system: for new systems of this kind"));
}

TEST(JudgeTables, FiveSystemsDecideNothingAndTheVerdictSaysSo) {
  EvaluationChoices choices;
  choices.bootstrap.resamples = 200;
  choices.resample = "systems";
  const auto verdict = judge(noisy(5, 0.1), noisy(5, 9), choices).verdicts[0];
  EXPECT_THAT(verdict.system, HasSubstr("no verdict: 5 systems cannot reach p = .05: it takes 6"));
  EXPECT_THAT(verdict.utterance, HasSubstr("no verdict: 5 systems cannot reach p = .05: it takes 6"));
  EXPECT_GE(verdict.units->enough, 6U);
  EXPECT_THAT(verdict.more_data, HasSubstr("systems would settle"));
}

TEST(JudgeTables, WhatIsNotSettledNeedsMoreThanThereIs) {
  EvaluationChoices choices;
  choices.bootstrap.resamples = 500;
  for (const double noise : {1.0, 1.05, 1.1}) {
    const auto verdict = judge(noisy(10, 1), noisy(10, noise), choices).verdicts[0];
    if (verdict.more_data.empty() || !verdict.units) continue;
    EXPECT_GT(verdict.units->enough, 60U);
    EXPECT_LE(verdict.units->at_interval, verdict.units->enough);
  }
}

TEST(JudgeTables, SaysWhichPredictorWasTrainedOnTheClips) {
  JoinedTables first = table(false);
  first.scores.in_training.assign(12, false);
  first.scores.in_training[3] = true;
  const PredictorResults results = judge(first, table(true), few_resamples());
  EXPECT_THAT(
      render_predictor_results(results),
      HasSubstr(
          "\na: 1 of 12 clips are among those that the model was trained on: its results say nothing of new clips\n"));
  EXPECT_THAT(render_predictor_results(results), ::testing::Not(HasSubstr("b: 1")));
  const auto json = predictor_results_json(results);
  EXPECT_EQ(json.at("in_training").at("first").at("clips"), 1);
  EXPECT_EQ(json.at("in_training").at("second").at("clips"), 0);
  const PredictorResults unmarked = judge(table(false), table(true), few_resamples());
  EXPECT_THAT(render_predictor_results(unmarked), ::testing::Not(HasSubstr("trained")));
  EXPECT_FALSE(predictor_results_json(unmarked).contains("in_training"));
}

// Two equally good predictors of `systems` systems of eight clips, each with errors of its own by system.
std::pair<JoinedTables, JoinedTables> equal_by_system(int systems, Random& random) {
  std::pair<JoinedTables, JoinedTables> both;
  for (JoinedScores* scores : {&both.first.scores, &both.second.scores}) {
    scores->axes = {"mos"};
    scores->labels.resize(1);
    scores->predictions.resize(1);
  }
  for (int system = 0; system < systems; ++system) {
    const double quality = testing::normal(random);
    const std::array<double, 2> wrong = {testing::normal(random), testing::normal(random)};
    for (int clip = 0; clip < 8; ++clip) {
      const double label = quality + 0.5 * testing::normal(random);
      std::size_t side = 0;
      for (JoinedScores* scores : {&both.first.scores, &both.second.scores}) {
        scores->systems.push_back(fmt::format("s{}", system));
        scores->keys.push_back(fmt::format("{}/{}", system, clip));
        scores->labels[0].push_back(label);
        scores->predictions[0].push_back(label + wrong[side++] + 0.5 * testing::normal(random));
      }
    }
  }
  return both;
}

// The share of data sets in which such predictors are told apart over clips.
double told_apart(const char* resample, int systems) {
  constexpr int kDataSets = 1000;
  EvaluationChoices choices;
  choices.resample = resample;
  choices.bootstrap = {.resamples = 0, .threads = 1};
  std::vector<int> apart(kDataSets);
  for_each_job(kDataSets, 2, [&](std::int64_t i) {
    Random random(derive_seed(21, "equal predictors", static_cast<std::uint64_t>(i)));
    const auto [first, second] = equal_by_system(systems, random);
    const auto results = judge_tables({"a", "b"}, first, second, choices, {.permutations = 199});
    apart[static_cast<std::size_t>(i)] =
        results.verdicts[0].utterance.find("is better") != std::string::npos ? 1 : 0;
  });
  const double share = std::accumulate(apart.begin(), apart.end(), 0.0) / kDataSets;
  ::testing::Test::RecordProperty(fmt::format("{}_{}", resample, systems), fmt::format("{:.3f}", share));
  return share;
}

TEST(JudgeTablesSize, EqualPredictorsWithErrorsBySystem) {
  EXPECT_EQ(told_apart("systems", 5), 0.0) << "five systems decide nothing";
  EXPECT_LE(told_apart("systems", 8), 0.08);  // .062 of 3,000 data sets: ranks, not scores, change sides
  EXPECT_LE(told_apart("systems", 14), 0.08);
  // Over clips they do differ on these systems, and that is all that the verdict says.
  EXPECT_GE(told_apart("points", 14), 0.10);
}

}  // namespace
}  // namespace qamro::evaluation
