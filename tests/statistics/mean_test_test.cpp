#include "qamro/statistics/mean_test.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/core/jobs.h"
#include "statistics/normal_numbers.h"

namespace qamro::statistics {
namespace {

using testing::normal;

ScoreSet set_of(std::vector<double> scores, bool with_items = true) {
  ScoreSet set{std::move(scores), {}};
  for (std::size_t i = 0; with_items && i < set.scores.size(); ++i)
    set.items.push_back(fmt::format("i{}", i));
  return set;
}

TEST(MeanTest, SignFlipsOfFourDifferencesByHand) {
  // Of the 16 sums of ±1 ±2 ±3 ±4, two are at least 10 from 0, one of them on each side.
  const ScoreSet first = set_of({1, 2, 3, 4});
  const ScoreSet zeros = set_of({0, 0, 0, 0});
  const MeanDifference two_sided = compare_means(first, zeros, {.rounds = 100'000});
  EXPECT_TRUE(two_sided.is_paired);
  EXPECT_DOUBLE_EQ(two_sided.difference, 2.5);
  EXPECT_DOUBLE_EQ(*two_sided.p_permutation, 2 / 16.0);
  EXPECT_DOUBLE_EQ(*two_sided.least_p, 2 / 16.0);
  const MeanDifference less =
      compare_means(zeros, first, {.rounds = 100'000, .alternative = Alternative::kLess});
  EXPECT_DOUBLE_EQ(*less.p_permutation, 1 / 16.0);
  EXPECT_DOUBLE_EQ(*less.least_p, 1 / 16.0);
  // More arrangements than rounds: drawn, and close.
  EXPECT_NEAR(*compare_means(zeros, set_of({1, 2, 3, 4}), {.rounds = 100}).p_permutation, 2 / 16.0, 0.001);
  const MeanDifference greater =
      compare_means(first, zeros, {.rounds = 10'000, .alternative = Alternative::kLess});
  EXPECT_EQ(*greater.p_permutation, 1.0);
  EXPECT_GT(*greater.p_t, 0.95);
}

TEST(MeanTest, ShufflesOfTwoAndThreeByHand) {
  // Of the ten ways to choose two of five, only {4, 5} is as extreme, and {1, 2} on the other side.
  const MeanDifference result =
      compare_means(set_of({4.0, 5.0}, false), set_of({1, 2.1, 2.9}, false), {.rounds = 100'000});
  EXPECT_FALSE(result.is_paired);
  EXPECT_DOUBLE_EQ(*result.p_permutation, 0.1);  // {1, 2.1} is less extreme by Welch's t
  EXPECT_DOUBLE_EQ(*result.least_p, 0.1);
  EXPECT_DOUBLE_EQ(result.difference, 2.5);
}

TEST(MeanTest, PairingTakesTheItemsDifficultyAway) {
  Random random(2);
  std::vector<double> a;
  std::vector<double> b;
  for (int i = 0; i < 30; ++i) {
    const double difficulty = 3 * normal(random);
    a.push_back(difficulty + 0.2 + 0.05 * normal(random));
    b.push_back(difficulty);
  }
  const MeanDifference paired = compare_means(set_of(a), set_of(b));
  const MeanDifference unpaired = compare_means(set_of(a, false), set_of(b, false));
  EXPECT_LT(*paired.p_permutation, 0.001);
  EXPECT_GT(*unpaired.p_permutation, 0.1);
  EXPECT_GT(paired.interval->low, 0.15);
  EXPECT_LT(unpaired.interval->low, 0.0);
}

TEST(MeanTest, ItemsArePairedByNameWhateverTheirOrder) {
  const ScoreSet a{{1, 2, 4}, {"x", "y", "z"}};
  const ScoreSet b{{4, 1, 2}, {"z", "x", "y"}};
  EXPECT_TRUE(are_paired(a, b));
  EXPECT_EQ(paired_differences(a, b), (std::vector<double>{0, 0, 0}));
  EXPECT_FALSE(are_paired(a, {{1, 2, 3}, {"x", "y", "y"}}));
  EXPECT_FALSE(are_paired({{1, 2}, {"x", "x"}}, {{1, 2}, {"x", "x"}}));
  EXPECT_FALSE(are_paired({{1}, {}}, {{1}, {}}));
}

TEST(MeanTest, TheMarginMovesTheHypothesis) {
  const ScoreSet a = set_of({1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.02, 0.98});
  const ScoreSet b = set_of({1.5, 1.6, 1.4, 1.55, 1.45, 1.5, 1.51, 1.49});
  MeanTestOptions options{.alternative = Alternative::kLess, .margin = 0.5};
  EXPECT_GT(*compare_means(a, b, options).p_permutation, 0.3);
  options.margin = 0.4;
  EXPECT_LT(*compare_means(a, b, options).p_permutation, 0.02);
  options.margin = 0.6;
  EXPECT_GT(*compare_means(a, b, options).p_permutation, 0.95);
}

TEST(MeanTest, NothingVaries) {
  EXPECT_EQ(*compare_means(set_of({3, 3, 3}), set_of({3, 3, 3})).p_permutation, 1.0);
  EXPECT_EQ(*compare_means(set_of({3, 3, 3}), set_of({3, 3, 3})).p_t, 1.0);
  EXPECT_EQ(*compare_means(set_of({4, 4, 4}), set_of({3, 3, 3})).p_t, 0.0);
  EXPECT_EQ(*compare_means(set_of({3, 3}, false), set_of({3, 3}, false)).p_t, 1.0);
  EXPECT_EQ(*compare_means(set_of({3, 3}, false), set_of({3, 3}, false)).p_permutation, 1.0);
  EXPECT_TRUE(compare_means(set_of({3, 4}), set_of({3, 4})).is_identical);
  EXPECT_FALSE(compare_means(set_of({3, 4}), set_of({4, 3})).is_identical);
}

TEST(MeanTest, OneClipTellsNothing) {
  const MeanDifference result = compare_means(set_of({3}), set_of({1, 2}));
  EXPECT_DOUBLE_EQ(result.difference, 1.5);
  EXPECT_FALSE(result.p_permutation);
  EXPECT_FALSE(result.interval);
}

TEST(MeanTest, KnownPValues) {
  // scipy.stats.ttest_1samp([1, 2, 3, 4], 0); ttest_ind([1, 2, 3, 4], [2, 4, 6, 8, 10], equal_var=False) has
  // t = -2.2514363 with 5.52 degrees of freedom, which are rounded down here: 2 * stats.t.sf(2.2514363, 5).
  EXPECT_NEAR(*compare_means(set_of({1, 2, 3, 4}), set_of({0, 0, 0, 0})).p_t, 0.030466291662170977, 1e-12);
  const MeanDifference welch = compare_means(set_of({1, 2, 3, 4}, false), set_of({2, 4, 6, 8, 10}, false));
  EXPECT_NEAR(*welch.p_t, 0.07414326991709044, 1e-12);
  EXPECT_NEAR(welch.precision->degrees, 5.5207, 1e-4);
  EXPECT_NEAR(welch.difference / welch.precision->error, -2.2514363, 1e-7);
}

TEST(MeanTest, KnownInterval) {
  // scipy.stats.t.interval(.95, 3, loc=2.5, scale=sem([1, 2, 3, 4])): 2.5 ± 3.1824463 * 0.6454972.
  const auto interval = mean_interval({1, 2, 3, 4}, 0.95);
  EXPECT_NEAR(interval->low, 0.4457397, 1e-7);
  EXPECT_NEAR(interval->high, 4.5542603, 1e-7);
  EXPECT_FALSE(mean_interval({1}, 0.95));
  EXPECT_FALSE(mean_interval({}, 0.95));
}

TEST(MeanTest, Refuses) {
  EXPECT_THROW(compare_means(set_of({}), set_of({1})), InvalidInput);
  EXPECT_THROW(compare_means(set_of({std::nan("")}), set_of({1})), InvalidInput);
  EXPECT_THROW(compare_means({{1, 2}, {"x"}}, set_of({1})), InvalidInput);
  EXPECT_THROW(compare_means(set_of({1, 2}), set_of({1, 2}), {.rounds = 10}), InvalidInput);
  EXPECT_THROW(compare_means(set_of({1, 2}), set_of({1, 2}), {.confidence = 1}), InvalidInput);
}

// Shares of p-values up to .05 if nothing differs: permutation, Student's t.
template <typename MakeSets>
std::pair<double, double> sizes(int data_sets, Alternative alternative, const MakeSets& make) {
  std::vector<std::pair<bool, bool>> found(static_cast<std::size_t>(data_sets));
  for_each_job(data_sets, 2, [&](std::int64_t i) {
    Random random(derive_seed(9, "size", static_cast<std::uint64_t>(i)));
    const auto [a, b] = make(random);
    const MeanDifference result =
        compare_means(a, b, {.rounds = 399, .seed = random.next(), .alternative = alternative});
    found[static_cast<std::size_t>(i)] = {*result.p_permutation <= 0.05, *result.p_t <= 0.05};
  });
  std::pair<double, double> share{0, 0};
  for (const auto& [permutation, t] : found) {
    share.first += (permutation ? 1.0 : 0.0) / data_sets;
    share.second += (t ? 1.0 : 0.0) / data_sets;
  }
  ::testing::Test::RecordProperty("permutation", fmt::format("{:.4f}", share.first));
  ::testing::Test::RecordProperty("t", fmt::format("{:.4f}", share.second));
  return share;
}

void expect_size(const std::pair<double, double>& share) {
  EXPECT_GE(share.first, 0.04);
  EXPECT_LE(share.first, 0.06);
  EXPECT_GE(share.second, 0.04);
  EXPECT_LE(share.second, 0.06);
}

std::vector<double> normals(std::size_t n, double sd, Random& random) {
  std::vector<double> values(n);
  for (double& value : values) value = sd * normal(random);
  return values;
}

TEST(MeanTestSize, Paired) {
  expect_size(sizes(4000, Alternative::kDifferent, [](Random& random) {
    return std::pair{set_of(normals(24, 1, random)), set_of(normals(24, 1, random))};
  }));
}

TEST(MeanTestSize, PairedOneSided) {
  expect_size(sizes(4000, Alternative::kLess, [](Random& random) {
    return std::pair{set_of(normals(24, 1, random)), set_of(normals(24, 1, random))};
  }));
}

TEST(MeanTestSize, UnpairedWithUnequalNumbersAndSpreads) {
  expect_size(sizes(4000, Alternative::kDifferent, [](Random& random) {
    return std::pair{set_of(normals(40, 1, random), false), set_of(normals(20, 1.5, random), false)};
  }));
}

// The share of data sets whose 95 % interval of the mean holds the truth.
double coverage(std::size_t clips, const std::function<double(Random&)>& score) {
  constexpr int kDataSets = 4000;
  int held = 0;
  for (int set = 0; set < kDataSets; ++set) {
    Random random(derive_seed(12, "coverage", static_cast<std::uint64_t>(set)));
    std::vector<double> scores(clips);
    for (double& value : scores) value = score(random);
    held += mean_interval(scores, 0.95)->contains(0) ? 1 : 0;
  }
  return static_cast<double>(held) / kDataSets;
}

TEST(MeanIntervalCoverage, IsAtLeast93PercentFromThreeClipsOn) {
  for (const std::size_t clips : {3U, 5U, 10U, 40U}) {
    const double normals = coverage(clips, [](Random& random) { return normal(random); });
    const double uniforms = coverage(clips, [](Random& random) { return random.uniform() - 0.5; });
    RecordProperty(fmt::format("normal_{}", clips), fmt::format("{:.4f}", normals));
    RecordProperty(fmt::format("uniform_{}", clips), fmt::format("{:.4f}", uniforms));
    EXPECT_GE(normals, 0.94) << clips;
    EXPECT_LE(normals, 0.96) << clips;
    EXPECT_GE(uniforms, 0.92) << clips;  // nothing has broader shoulders
  }
}

}  // namespace
}  // namespace qamro::statistics
