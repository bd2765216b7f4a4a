#include "qamro/evaluation/noise_ceiling.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <numbers>
#include <string>
#include <vector>

#include "evaluation/normal_numbers.h"
#include "qamro/core/error.h"
#include "qamro/data/ratings.h"
#include "qamro/evaluation/joined_tables.h"
#include "qamro/evaluation/undefined.h"

namespace qamro::evaluation {
namespace {

JoinedScores rated(const std::vector<std::vector<double>>& raters,
                   const std::vector<std::string>& systems = {}) {
  JoinedScores scores;
  scores.axes = {"mos"};
  scores.raters = {raters};
  scores.labels = {std::vector<double>(raters.size(), 0.0)};
  scores.predictions = {std::vector<double>(raters.size(), kUndefined)};
  scores.systems = systems;
  return scores;
}

// Opinions of clips ~ N(0, 1), raters ~ N(0, noise^2) around them.
JoinedScores normal_ratings(std::size_t clips, std::size_t raters, double noise) {
  Random random(5);
  std::vector<std::vector<double>> ratings(clips);
  for (auto& clip : ratings) {
    const double opinion = testing::normal(random);
    for (std::size_t i = 0; i < raters; ++i) clip.push_back(opinion + noise * testing::normal(random));
  }
  return rated(ratings);
}

TEST(NoiseCeiling, OfANormalModel) {
  constexpr double kNoise = 1.5;
  constexpr double kPanel = kNoise * kNoise / 10;  // variance of a mean of ten
  const NoiseCeiling ceiling = noise_ceilings(normal_ratings(4000, 10, kNoise)).at(0);
  const LevelCeiling& level = *ceiling.utterance;
  const double panels = 1 / (1 + kPanel);
  EXPECT_NEAR(*level.split_each_clip.panels[1], panels, 0.01);
  EXPECT_NEAR(*level.split_each_clip.panels[0], 2 * kPanel, 0.01);
  EXPECT_NEAR(*level.split_each_clip.ideal[1], std::sqrt(panels), 0.005);
  EXPECT_NEAR(*level.split_each_clip.ideal[0], kPanel, 0.005);
  EXPECT_NEAR(*level.split_each_clip.ideal[3], 2 / std::numbers::pi * std::asin(std::sqrt(panels)), 0.01);
  EXPECT_NEAR(*level.ideal[1].mean, std::sqrt(panels), 0.005);
  EXPECT_NEAR(*level.ideal[0].mean, kPanel, 0.005);
  EXPECT_NEAR(*level.single_rater[0].mean, kNoise * kNoise * (1 + 1 / 9.0), 0.05);
  EXPECT_NEAR(*ceiling.icc_single, 1 / (1 + kNoise * kNoise), 0.015);
  EXPECT_NEAR(*ceiling.icc_panel, panels, 0.01);
  EXPECT_NEAR(ceiling.reliability_within, panels, 0.01);
  // The 99.9 % interval of chi-square over its 9 degrees of freedom.
  EXPECT_GT(*ceiling.column_mean_variance_ratio, 0.108);
  EXPECT_LT(*ceiling.column_mean_variance_ratio, 3.296);
  EXPECT_FALSE(ceiling.system);
}

TEST(NoiseCeiling, OddPanelsAreExtrapolatedFromTheirSmallerHalves) {
  // Halves of 2 of 5 raters: f = 2.5.
  const NoiseCeiling ceiling = noise_ceilings(normal_ratings(4000, 5, 1.0)).at(0);
  EXPECT_NEAR(*ceiling.utterance->split_each_clip.panels[1], 1 / 1.2, 0.01);
  EXPECT_NEAR(*ceiling.utterance->split_each_clip.panels[0], 2 / 5.0, 0.02);
  EXPECT_NEAR(*ceiling.utterance->split_columns->panels[1], 1 / 1.2, 0.01);
}

TEST(NoiseCeiling, SpearmanBrownAndGreinerOfTheHalves) {
  const SplitHalf split = noise_ceilings(normal_ratings(300, 4, 2.0)).at(0).utterance->split_each_clip;
  const double r = *split.halves[2].mean;
  EXPECT_NEAR(*split.panels[2], 2 * r / (1 + r), 1e-12);
  EXPECT_NEAR(*split.ideal[2], std::sqrt(2 * r / (1 + r)), 1e-12);
  const double t = std::sin(std::numbers::pi / 2 * *split.halves[3].mean);
  EXPECT_NEAR(std::sin(std::numbers::pi / 2 * *split.panels[3]), 2 * t / (1 + t), 1e-12);
  EXPECT_NEAR(*split.panels[0], *split.halves[0].mean / 2, 1e-12);
}

TEST(NoiseCeiling, RatersWhoAgreeLeaveNoNoise) {
  const NoiseCeiling ceiling =
      noise_ceilings(rated({{1, 1, 1}, {2, 2, 2}, {4, 4, 4}, {5, 5, 5}}, {"a", "a", "b", "b"})).at(0);
  EXPECT_EQ(*ceiling.icc_single, 1.0);
  EXPECT_EQ(*ceiling.icc_panel, 1.0);
  EXPECT_EQ(ceiling.reliability_within, 1.0);
  EXPECT_EQ(ceiling.reliability_between, 1.0);
  EXPECT_EQ(*ceiling.utterance->ideal[0].mean, 0.0);
  EXPECT_NEAR(*ceiling.utterance->ideal[2].mean, 1.0, 1e-12);
  EXPECT_EQ(*ceiling.system->split_each_clip.ideal[0], 0.0);
  EXPECT_EQ(ceiling.system->n, 2U);
}

TEST(NoiseCeiling, IccOfFourTargetsByHand) {
  // Means 2, 4, 6, 8 of two raters who differ by one: MSB = 2 * 20 / 3, MSW = 0.5.
  const NoiseCeiling ceiling = noise_ceilings(rated({{1.5, 2.5}, {4.5, 3.5}, {5.5, 6.5}, {8.5, 7.5}})).at(0);
  const double between = 40.0 / 3;
  EXPECT_NEAR(*ceiling.icc_single, (between - 0.5) / (between + 0.5), 1e-12);
  EXPECT_NEAR(*ceiling.icc_panel, (between - 0.5) / between, 1e-12);
}

TEST(NoiseCeiling, ClipsWithoutTwoRatersLeave) {
  const NoiseCeiling ceiling =
      noise_ceilings(rated({{1, 2}, {kUndefined, 3}, {}, {4, kUndefined, 5}, {2, 2, 3}})).at(0);
  EXPECT_EQ(ceiling.clips, 3U);
  EXPECT_EQ(ceiling.left_out, 2U);
  EXPECT_NEAR(ceiling.raters, 7 / 3.0, 1e-12);
  EXPECT_FALSE(ceiling.utterance->split_columns);
  EXPECT_FALSE(ceiling.column_mean_variance_ratio);
  EXPECT_EQ(ceiling.utterance->n, 3U);
}

TEST(NoiseCeiling, TooFewClipsOrNoVariance) {
  EXPECT_FALSE(noise_ceilings(rated({{1, 2}, {3}})).at(0).utterance);
  const NoiseCeiling constant = noise_ceilings(rated({{3, 3}, {3, 3}})).at(0);
  EXPECT_FALSE(constant.icc_single);
  EXPECT_FALSE(constant.utterance->ideal[1].mean);
  EXPECT_EQ(*constant.utterance->ideal[0].mean, 0.0);
}

TEST(NoiseCeiling, ThreadsDoNotMatterAndSeedsDo) {
  const JoinedScores scores = normal_ratings(50, 4, 1.0);
  const auto lcc = [&](const CeilingOptions& options) {
    return *noise_ceilings(scores, options).at(0).utterance->ideal[1].mean;
  };
  EXPECT_EQ(lcc({.rounds = 40, .threads = 1}), lcc({.rounds = 40, .threads = 5}));
  EXPECT_NE(lcc({.rounds = 40}), lcc({.rounds = 40, .seed = 1}));
}

TEST(NoiseCeiling, Refuses) {
  JoinedScores scores = rated({{1, 2}, {3, 4}});
  EXPECT_THROW(noise_ceilings(scores, {.rounds = 0}), InvalidInput);
  EXPECT_THROW(noise_ceilings(scores, {.strata = {"x"}}), InvalidInput);
  scores.raters.clear();
  EXPECT_THROW(noise_ceilings(scores), InvalidInput);
}

// shared/data/noise_ceilings.json: computed by others, with other random numbers.
class PublishedCeilings : public ::testing::TestWithParam<std::pair<const char*, const char*>> {
 protected:
  void SetUp() override {
    const char* data = std::getenv("QAMRO_DATA");
    if (data == nullptr || !std::filesystem::exists(std::filesystem::path(data) / "noise_ceilings.json"))
      GTEST_SKIP() << "QAMRO_DATA has no noise_ceilings.json";
    folder_ = data;
    std::ifstream stream(folder_ / "noise_ceilings.json");
    wanted_ = nlohmann::json::parse(stream).at(GetParam().first);
  }

  // Both sides are means of 200 rounds: the tolerance is five standard errors of their difference.
  static void expect_summaries(const FourSummaries& got, const nlohmann::json& want, bool is_random) {
    constexpr const char* kNames[] = {"MSE", "LCC", "SRCC", "KTAU"};
    for (std::size_t m = 0; m < 4; ++m) {
      const double sd = want.at(kNames[m]).at("sd").get<double>();
      const double tolerance = 2e-6 + (is_random ? 5 * sd * std::sqrt(2 / 200.0) : 0.0);
      ASSERT_TRUE(got[m].mean) << kNames[m];
      EXPECT_NEAR(*got[m].mean, want.at(kNames[m]).at("mean").get<double>(), tolerance) << kNames[m];
      EXPECT_NEAR(*got[m].sd, sd, 2e-6 + (is_random ? 0.35 * sd : 0.0)) << kNames[m];
    }
  }

  // These follow from the halves: the tolerance is the halves' error times the slope of the map (below 2).
  static void expect_split(const SplitHalf& got, const nlohmann::json& want) {
    const nlohmann::json& halves = want.at("split_half_5v5");
    expect_summaries(got.halves, halves, true);
    const auto tolerance = [&](const char* name) {
      return 2e-6 + 10 * halves.at(name).at("sd").get<double>() * std::sqrt(2 / 200.0);
    };
    const nlohmann::json& panels = want.at("spearman_brown_10v10");
    EXPECT_NEAR(*got.panels[0], panels.at("MSE_10v10").get<double>(), tolerance("MSE"));
    EXPECT_NEAR(*got.panels[1], panels.at("LCC").get<double>(), tolerance("LCC"));
    EXPECT_NEAR(*got.panels[2], panels.at("SRCC").get<double>(), tolerance("SRCC"));
    EXPECT_NEAR(*got.panels[3], panels.at("KTAU_via_greiner").get<double>(), tolerance("KTAU"));
    const nlohmann::json& ideal = want.at("ideal_closed_form");
    EXPECT_NEAR(*got.ideal[0], ideal.at("MSE").get<double>(), tolerance("MSE"));
    EXPECT_NEAR(*got.ideal[1], ideal.at("LCC").get<double>(), tolerance("LCC"));
    EXPECT_NEAR(*got.ideal[2], ideal.at("SRCC_approx").get<double>(), tolerance("SRCC"));
    EXPECT_NEAR(*got.ideal[3], ideal.at("KTAU_approx").get<double>(), tolerance("KTAU"));
  }

  static void expect_level(const LevelCeiling& got, const nlohmann::json& want) {
    expect_split(got.split_each_clip, want.at("per_clip_random_split"));
    expect_split(*got.split_columns, want.at("fixed_column_split"));
    expect_summaries(got.ideal, want.at("ideal_predictor_sim"), true);
    expect_summaries(got.single_rater, want.at("leave_one_rater_out"), false);
  }

  std::filesystem::path folder_;
  nlohmann::json wanted_;
};

TEST_P(PublishedCeilings, AgreeWithinMonteCarloError) {
  const data::RatingTable labels = data::read_ratings(folder_ / "aes" / GetParam().second);
  JoinOptions join;
  join.part_column = labels.find_text_column("source") ? "source" : "";
  const JoinedScores scores = labels_alone(labels, join).scores;
  CeilingOptions options{.seed = 3};
  if (scores.systems.empty()) options.strata = scores.parts;
  const auto ceilings = noise_ceilings(scores, options);
  ASSERT_EQ(ceilings.size(), 4U);
  for (const NoiseCeiling& got : ceilings) {
    SCOPED_TRACE(got.axis);
    const nlohmann::json& want = wanted_.at(got.axis);
    EXPECT_EQ(got.clips, want.at("n_clips").get<std::size_t>());
    EXPECT_EQ(got.raters, 10.0);
    EXPECT_NEAR(*got.icc_single, want.at("ICC1_single").get<double>(), 1e-6);
    EXPECT_NEAR(*got.icc_panel, want.at("ICC1_mean10").get<double>(), 1e-6);
    EXPECT_NEAR(*got.column_mean_variance_ratio, want.at("column_mean_var_ratio").get<double>(), 1e-6);
    EXPECT_NEAR(got.reliability_within, want.at("rel_within_group").get<double>(), 1e-6);
    EXPECT_NEAR(got.reliability_between, want.at("rel_between_group").get<double>(), 1e-6);
    expect_level(*got.utterance, want.at("utterance"));
    ASSERT_EQ(got.system.has_value(), want.contains("system"));
    if (got.system) expect_level(*got.system, want.at("system"));
  }
}

INSTANTIATE_TEST_SUITE_P(Aes, PublishedCeilings,
                         ::testing::Values(std::pair{"natural_speech", "AES_natural_speech.jsonl"},
                                           std::pair{"natural_music", "AES_natural_music.jsonl"},
                                           std::pair{"natural_sound", "AES_natural_sound.jsonl"},
                                           std::pair{"PAM", "AES_PAM.jsonl"},
                                           std::pair{"track2_eval",
                                                     "audiomos2025_track2_human_annotations.jsonl"}),
                         [](const auto& group) { return std::string(group.param.first); });

}  // namespace
}  // namespace qamro::evaluation
