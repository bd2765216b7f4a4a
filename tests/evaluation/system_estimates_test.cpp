#include "qamro/evaluation/system_estimates.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "qamro/core/error.h"
#include "statistics/normal_numbers.h"

namespace qamro::evaluation {
namespace {

using testing::normal;

JoinedScores three_systems() {
  JoinedScores scores;
  scores.axes = {"mos"};
  scores.systems = {"a", "b", "a", "b", "c", "c"};
  scores.labels = {{1, 3, 2, 5, 3, 5}};
  scores.predictions = {{1, 2, 1, 2, 9, 9}};
  return scores;
}

TEST(EstimateSystems, MeansAndSharedPlaces) {
  const auto axes = estimate_systems(three_systems(), {.bootstrap = {.resamples = 0}});
  ASSERT_EQ(axes.at(0).systems.size(), 3U);
  const auto& systems = axes[0].systems;
  EXPECT_EQ(systems[0].system, "a");
  EXPECT_EQ(systems[0].clips, 2U);
  EXPECT_DOUBLE_EQ(systems[0].label.mean, 1.5);
  EXPECT_EQ(systems[0].label.rank, 3U);
  EXPECT_EQ(systems[1].label.rank, 1U);  // 4, like c
  EXPECT_EQ(systems[2].label.rank, 1U);
  EXPECT_EQ(systems[2].prediction.rank, 1U);
  EXPECT_EQ(systems[1].prediction.rank, 2U);
  EXPECT_FALSE(systems[0].label.mean_interval);
}

TEST(EstimateSystems, PlacesOfSystemsFarApartAreCertain) {
  JoinedScores scores;
  scores.axes = {"mos"};
  scores.labels.resize(1);
  Random random(2);
  for (int clip = 0; clip < 90; ++clip) {
    scores.systems.push_back(std::to_string(clip % 3));
    scores.labels[0].push_back((clip % 3 == 0 ? 10 : 0) + normal(random));
  }
  scores.predictions = scores.labels;
  const auto systems = estimate_systems(scores)[0].systems;
  EXPECT_EQ(systems[0].label.rank_interval->low, 1);
  EXPECT_EQ(systems[0].label.rank_interval->high, 1);
  EXPECT_EQ(systems[1].label.rank_interval->low, 2);
  EXPECT_EQ(systems[1].label.rank_interval->high, 3);
}

TEST(EstimateSystems, IntervalsOfMeansHoldTheTruth) {
  int held = 0;
  int all = 0;
  for (std::uint64_t set = 0; set < 200; ++set) {
    Random random(derive_seed(4, "means", set));
    JoinedScores scores;
    scores.axes = {"mos"};
    scores.labels.resize(1);
    for (int clip = 0; clip < 40; ++clip) {
      scores.systems.push_back(std::to_string(clip / 8));
      scores.labels[0].push_back(normal(random));
    }
    scores.predictions = scores.labels;
    const auto estimates = estimate_systems(scores, {.bootstrap = {.resamples = 400, .seed = set}});
    for (const auto& system : estimates[0].systems) {
      held += system.label.mean_interval->contains(0.0) ? 1 : 0;
      ++all;
    }
  }
  EXPECT_GE(held, 0.93 * all);
  EXPECT_LE(held, 0.97 * all);
}

TEST(EstimateSystems, RatersWidenTheLabelsAlone) {
  JoinedScores scores;
  scores.axes = {"mos"};
  scores.labels.resize(1);
  scores.raters.resize(1);
  Random random(2);
  for (int clip = 0; clip < 40; ++clip) {
    scores.systems.push_back(std::to_string(clip % 2));
    scores.raters[0].push_back({3 + normal(random), 3 + normal(random)});
    scores.labels[0].push_back((scores.raters[0].back()[0] + scores.raters[0].back()[1]) / 2);
  }
  scores.predictions = scores.labels;
  const auto width = [&](statistics::ResamplingUnit unit, bool prediction) {
    const auto system = estimate_systems(scores, {.unit = unit, .raters = true})[0].systems[0];
    const statistics::Interval interval = *(prediction ? system.prediction : system.label).mean_interval;
    return interval.high - interval.low;
  };
  EXPECT_GT(width(statistics::ResamplingUnit::kClips, false),
            width(statistics::ResamplingUnit::kClips, true));
  EXPECT_EQ(width(statistics::ResamplingUnit::kNone, true), 0.0);
  EXPECT_GT(width(statistics::ResamplingUnit::kNone, false), 0.0);
}

TEST(EstimateSystems, AGivenTruthHasNoInterval) {
  const SystemTruth truth{{"a", "b", "c"}, {{1, 2, 3}}};
  const auto systems = estimate_systems(three_systems(), {.system_truth = truth})[0].systems;
  EXPECT_DOUBLE_EQ(systems[2].label.mean, 3);
  EXPECT_FALSE(systems[2].label.mean_interval);
  EXPECT_TRUE(systems[2].prediction.mean_interval);
}

TEST(EstimateSystems, ASingleClipHasNoIntervalAndOneWithoutNumbersIsLeftOut) {
  JoinedScores scores = three_systems();
  scores.systems = {"a", "b", "a", "b", "c", "d"};
  scores.predictions[0][4] = std::numeric_limits<double>::quiet_NaN();
  const auto systems = estimate_systems(scores)[0].systems;
  ASSERT_EQ(systems.size(), 3U);
  EXPECT_EQ(systems[2].system, "d");
  EXPECT_EQ(systems[2].clips, 1U);
  EXPECT_FALSE(systems[2].label.mean_interval);
}

TEST(EstimateSystems, NeedsSystems) {
  JoinedScores scores = three_systems();
  scores.systems.clear();
  EXPECT_THROW(estimate_systems(scores), InvalidInput);
}

}  // namespace
}  // namespace qamro::evaluation
