#include "qamro/statistics/noise_ceiling.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/statistics/numbers.h"
#include "statistics/normal_numbers.h"

namespace qamro::statistics {
namespace {

struct Ratings {
  std::vector<std::vector<double>> raters;
  std::vector<std::string> systems = {};
};

NoiseCeiling ceiling_of(const Ratings& ratings, const CeilingOptions& options = {}) {
  return noise_ceiling("mos", {ratings.raters, ratings.systems, ratings.systems}, options);
}

// Opinions of clips ~ N(0, 1), raters ~ N(0, noise^2) around them.
Ratings normal_ratings(std::size_t clips, std::size_t raters, double noise) {
  Random random(5);
  std::vector<std::vector<double>> ratings(clips);
  for (auto& clip : ratings) {
    const double opinion = testing::normal(random);
    for (std::size_t i = 0; i < raters; ++i) clip.push_back(opinion + noise * testing::normal(random));
  }
  return {ratings};
}

TEST(NoiseCeiling, OfANormalModel) {
  constexpr double kNoise = 1.5;
  constexpr double kPanel = kNoise * kNoise / 10;  // variance of a mean of ten
  const NoiseCeiling ceiling = ceiling_of(normal_ratings(4000, 10, kNoise));
  const LevelCeiling& level = *ceiling.utterance;
  const double panels = 1 / (1 + kPanel);
  EXPECT_NEAR(*level.split_each_clip.panels.lcc, panels, 0.01);
  EXPECT_NEAR(*level.split_each_clip.panels.mse, 2 * kPanel, 0.01);
  EXPECT_NEAR(*level.split_each_clip.ideal.lcc, std::sqrt(panels), 0.005);
  EXPECT_NEAR(*level.split_each_clip.ideal.mse, kPanel, 0.005);
  EXPECT_NEAR(*level.split_each_clip.ideal.ktau, 2 / std::numbers::pi * std::asin(std::sqrt(panels)), 0.01);
  EXPECT_NEAR(*level.ideal.lcc.mean, std::sqrt(panels), 0.005);
  EXPECT_NEAR(*level.ideal.mse.mean, kPanel, 0.005);
  EXPECT_NEAR(*level.single_rater.mse.mean, kNoise * kNoise * (1 + 1 / 9.0), 0.05);
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
  const NoiseCeiling ceiling = ceiling_of(normal_ratings(4000, 5, 1.0));
  EXPECT_NEAR(*ceiling.utterance->split_each_clip.panels.lcc, 1 / 1.2, 0.01);
  EXPECT_NEAR(*ceiling.utterance->split_each_clip.panels.mse, 2 / 5.0, 0.02);
  EXPECT_NEAR(*ceiling.utterance->split_columns->panels.lcc, 1 / 1.2, 0.01);
}

TEST(NoiseCeiling, SpearmanBrownAndGreinerOfTheHalves) {
  const SplitHalf split = ceiling_of(normal_ratings(300, 4, 2.0)).utterance->split_each_clip;
  const double r = *split.halves.srcc.mean;
  EXPECT_NEAR(*split.panels.srcc, 2 * r / (1 + r), 1e-12);
  EXPECT_NEAR(*split.ideal.srcc, std::sqrt(2 * r / (1 + r)), 1e-12);
  const double t = std::sin(std::numbers::pi / 2 * *split.halves.ktau.mean);
  EXPECT_NEAR(std::sin(std::numbers::pi / 2 * *split.panels.ktau), 2 * t / (1 + t), 1e-12);
  EXPECT_NEAR(*split.panels.mse, *split.halves.mse.mean / 2, 1e-12);
}

TEST(NoiseCeiling, RatersWhoAgreeLeaveNoNoise) {
  const NoiseCeiling ceiling =
      ceiling_of({{{1, 1, 1}, {2, 2, 2}, {4, 4, 4}, {5, 5, 5}}, {"a", "a", "b", "b"}});
  EXPECT_EQ(*ceiling.icc_single, 1.0);
  EXPECT_EQ(*ceiling.icc_panel, 1.0);
  EXPECT_EQ(ceiling.reliability_within, 1.0);
  EXPECT_EQ(ceiling.reliability_between, 1.0);
  EXPECT_EQ(*ceiling.utterance->ideal.mse.mean, 0.0);
  EXPECT_NEAR(*ceiling.utterance->ideal.srcc.mean, 1.0, 1e-12);
  EXPECT_EQ(*ceiling.system->split_each_clip.ideal.mse, 0.0);
  EXPECT_EQ(ceiling.system->n, 2U);
}

TEST(NoiseCeiling, IccOfFourTargetsByHand) {
  // Means 2, 4, 6, 8 of two raters who differ by one: MSB = 2 * 20 / 3, MSW = 0.5.
  const NoiseCeiling ceiling = ceiling_of({{{1.5, 2.5}, {4.5, 3.5}, {5.5, 6.5}, {8.5, 7.5}}});
  const double between = 40.0 / 3;
  EXPECT_NEAR(*ceiling.icc_single, (between - 0.5) / (between + 0.5), 1e-12);
  EXPECT_NEAR(*ceiling.icc_panel, (between - 0.5) / between, 1e-12);
}

TEST(NoiseCeiling, ClipsWithoutTwoRatersLeave) {
  const NoiseCeiling ceiling = ceiling_of({{{1, 2}, {kUndefined, 3}, {}, {4, kUndefined, 5}, {2, 2, 3}}});
  EXPECT_EQ(ceiling.clips, 3U);
  EXPECT_EQ(ceiling.left_out, 2U);
  EXPECT_NEAR(ceiling.raters, 7 / 3.0, 1e-12);
  EXPECT_FALSE(ceiling.utterance->split_columns);
  EXPECT_FALSE(ceiling.column_mean_variance_ratio);
  EXPECT_EQ(ceiling.utterance->n, 3U);
}

TEST(NoiseCeiling, TooFewClipsOrNoVariance) {
  EXPECT_FALSE(ceiling_of({{{1, 2}, {3}}}).utterance);
  const NoiseCeiling constant = ceiling_of({{{3, 3}, {3, 3}}});
  EXPECT_FALSE(constant.icc_single);
  EXPECT_FALSE(constant.utterance->ideal.lcc.mean);
  EXPECT_EQ(*constant.utterance->ideal.mse.mean, 0.0);
}

TEST(NoiseCeiling, ThreadsDoNotMatterAndSeedsDo) {
  const Ratings ratings = normal_ratings(50, 4, 1.0);
  const auto lcc = [&](const CeilingOptions& options) {
    return *ceiling_of(ratings, options).utterance->ideal.lcc.mean;
  };
  EXPECT_EQ(lcc({.rounds = 40, .threads = 1}), lcc({.rounds = 40, .threads = 5}));
  EXPECT_NE(lcc({.rounds = 40}), lcc({.rounds = 40, .seed = 1}));
}

TEST(NoiseCeiling, Refuses) {
  const Ratings ratings{{{1, 2}, {3, 4}}};
  const std::vector<std::string> one = {"x"};
  EXPECT_THROW(ceiling_of(ratings, {.rounds = 0}), InvalidInput);
  EXPECT_THROW(noise_ceiling("mos", {ratings.raters, {}, one}), InvalidInput);
  EXPECT_THROW(noise_ceiling("mos", {ratings.raters, one, {}}), InvalidInput);
}

}  // namespace
}  // namespace qamro::statistics
