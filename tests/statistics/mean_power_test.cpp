#include "qamro/statistics/power.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "qamro/core/error.h"
#include "statistics/normal_numbers.h"

namespace qamro::statistics {
namespace {

using testing::normal;

// Scaled to exactly this mean and sd, so that the power of the t-test is known.
std::vector<double> scaled_normals(std::size_t n, double mean, double sd, Random& random) {
  std::vector<double> values(n);
  double sum = 0;
  double squares = 0;
  for (double& v : values) sum += v = normal(random);
  for (const double v : values) squares += std::pow(v - sum / static_cast<double>(n), 2);
  for (double& v : values)
    v = mean + sd * (v - sum / static_cast<double>(n)) / std::sqrt(squares / static_cast<double>(n));
  return values;
}

ScoreSet numbered(std::vector<double> scores) {
  ScoreSet set{std::move(scores), {}};
  for (std::size_t i = 0; i < set.scores.size(); ++i) set.items.push_back(std::to_string(i));
  return set;
}

TEST(ClipsToNotice, IsThatOfTheTTest) {
  // Two-sided .05, power .8, half a standard deviation: 34 pairs, or 64 clips on each side (Cohen, 1988).
  Random random(1);
  const double sd = std::sqrt(499.0 / 500);  // with n - 1 in the denominator: 1
  const ScoreSet differing = numbered(scaled_normals(500, 0, sd, random));
  const ScoreSet zeros = numbered(std::vector<double>(500));
  const auto pairs = clips_to_notice(differing, zeros, 0.5);
  EXPECT_NEAR(static_cast<double>(pairs->clips), 34, 1);
  EXPECT_TRUE(pairs->is_paired);
  const ScoreSet a{scaled_normals(500, 0, sd, random), {}};
  const ScoreSet b{scaled_normals(500, 0, sd, random), {}};
  const auto sides = clips_to_notice(a, b, 0.5);
  EXPECT_NEAR(static_cast<double>(sides->clips), 64, 1);
  EXPECT_FALSE(sides->is_paired);
}

TEST(ClipsToNotice, TheRangeFollowsFromFewClips) {
  // With 20 clips the variance is known to within .58 to 2.13 of itself (chi-squared with 19 degrees).
  Random random(2);
  const ScoreSet few = numbered(scaled_normals(20, 0, std::sqrt(19.0 / 20), random));
  const auto needed = clips_to_notice(few, numbered(std::vector<double>(20)), 0.2);
  EXPECT_NEAR(static_cast<double>(needed->low) / static_cast<double>(needed->clips), 0.58, 0.02);
  EXPECT_NEAR(static_cast<double>(needed->high) / static_cast<double>(needed->clips), 2.13, 0.03);
}

TEST(ClipsToNotice, NoSpreadAndHugeSpread) {
  const ScoreSet same = numbered({3, 3, 3});
  EXPECT_EQ(clips_to_notice(same, same, 0.1)->clips, 6U);  // what the permutation test needs at least
  EXPECT_EQ(clips_to_notice(numbered({-1e6, 1e6, 0}), same, 1e-6)->clips, 1'000'000U);
  EXPECT_FALSE(clips_to_notice(numbered({1}), numbered({1}), 0.1));
  EXPECT_THROW(clips_to_notice(same, same, 0), InvalidInput);
  EXPECT_THROW(clips_to_notice(same, same, 0.1, {.power = 0.5}), InvalidInput);
}

TEST(FewestClips, ByHand) {
  EXPECT_EQ(fewest_clips(true, {.alternative = Alternative::kLess}), 5U);   // 1 of 32
  EXPECT_EQ(fewest_clips(true), 6U);                                        // 2 of 64
  EXPECT_EQ(fewest_clips(false), 4U);                                       // 2 of 70; 2 of 20 are too many
  EXPECT_EQ(fewest_clips(false, {.alternative = Alternative::kLess}), 3U);  // 1 of 20
  EXPECT_EQ(fewest_clips(true, {.alpha = 0.05 / 3}), 7U);                   // 2 of 128
}

// The share of samples in which a drop as large as noticeable_difference() says is noticed.
TEST(NoticeableDifference, IsNoticedAsOftenAsItSays) {
  for (const std::size_t clips : {6U, 12U, 40U}) {
    constexpr int kSamples = 1500;
    // Of clips with this spread: standard error 1 / sqrt(clips), which stands for every sample's own.
    MeanDifference test;
    test.precision =
        DifferenceError{1 / std::sqrt(static_cast<double>(clips)), static_cast<double>(clips - 1)};
    const MeanPowerOptions options{.alternative = Alternative::kLess};
    const double drop = *noticeable_difference(test, options);
    int noticed = 0;
    for (int sample = 0; sample < kSamples; ++sample) {
      Random random(derive_seed(3, "drop", static_cast<std::uint64_t>(sample)));
      std::vector<double> lower(clips);
      for (double& value : lower) value = normal(random) - drop;
      const auto result = compare_means(numbered(lower), numbered(std::vector<double>(clips)),
                                        {.rounds = 999, .alternative = Alternative::kLess});
      noticed += *result.p_permutation <= 0.05 ? 1 : 0;
    }
    const double share = static_cast<double>(noticed) / kSamples;
    RecordProperty("share_" + std::to_string(clips), std::to_string(share));
    EXPECT_GE(share, 0.75) << clips;
    EXPECT_LE(share, 0.86) << clips;
  }
}

}  // namespace
}  // namespace qamro::statistics
