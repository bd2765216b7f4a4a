#include "qamro/statistics/paired_permutation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numeric>

#include "qamro/core/error.h"
#include "qamro/core/jobs.h"
#include "statistics/normal_numbers.h"

namespace qamro::statistics {
namespace {

using metrics::kMetrics;
using metrics::Metric;

using testing::normal;

TwoPredictions data_of(std::vector<double> first, std::vector<double> second, std::vector<double> label) {
  TwoPredictions data{std::move(first), std::move(second), std::move(label), {}, 0};
  data.unit.resize(data.label.size());
  std::iota(data.unit.begin(), data.unit.end(), 0U);
  data.units = static_cast<std::uint32_t>(data.unit.size());
  return data;
}

// Two predictors: the label plus separate noise, which is correlated within units.
TwoPredictions noisy(std::size_t n, double first_noise, double second_noise, Random& random) {
  TwoPredictions data = data_of({}, {}, std::vector<double>(n));
  for (double& label : data.label) {
    label = normal(random);
    data.first.push_back(label + first_noise * normal(random));
    data.second.push_back(label + second_noise * normal(random));
  }
  data.unit.resize(n);
  std::iota(data.unit.begin(), data.unit.end(), 0U);
  data.units = static_cast<std::uint32_t>(n);
  return data;
}

TEST(PairedPermutation, MseOfFourPointsByHand) {
  // Squared errors differ by 1, 4, 9, 16: of the 16 ways to choose signs, 2 give 30 or more.
  const auto p = paired_permutation(data_of({1, 2, 3, 4}, {0, 0, 0, 0}, {0, 0, 0, 0}), {.rounds = 50'000});
  EXPECT_NEAR(*p.mse, 2 / 16.0, 0.006);
  EXPECT_FALSE(p.lcc);  // constant labels
}

TEST(PairedPermutation, PointsOfAUnitChangeSidesTogether) {
  TwoPredictions data = data_of({1, 2, 3, 4}, {0, 0, 0, 0}, {0, 0, 0, 0});
  data.unit = {0, 0, 1, 1};
  data.units = 2;  // differences 5 and 25: ±30 are 2 of the 4 sums
  EXPECT_NEAR(*paired_permutation(data, {.rounds = 50'000}).mse, 0.5, 0.01);
}

TEST(PairedPermutation, TheSmallestPValueIsThatOfUnitsAndRounds) {
  EXPECT_DOUBLE_EQ(smallest_p_value(4, 50'000), 2 / 16.0);
  EXPECT_DOUBLE_EQ(smallest_p_value(100, 99), 0.01);
  EXPECT_DOUBLE_EQ(smallest_p_value(1, 1'000), 1.0);
  EXPECT_DOUBLE_EQ(smallest_p_value(0, 1'000), 1.0);
  // The first predictor is right everywhere: no assignment of sides is farther apart.
  for (const std::size_t units : {2U, 3U, 5U, 7U}) {
    std::vector<double> label, wrong;
    for (std::size_t i = 0; i < units; ++i) {
      label.push_back(static_cast<double>(i));
      wrong.push_back(static_cast<double>(i) + 1.0 + static_cast<double>(i * i));
    }
    const auto p = paired_permutation(data_of(label, wrong, label), {.rounds = 50'000});
    EXPECT_NEAR(*p.mse, smallest_p_value(units, 50'000), 0.01) << units;
  }
}

TEST(PairedPermutation, NeedsAreTheFewestThatReachAlpha) {
  for (const std::size_t tests : {1U, 3U, 5U, 15U, 21U}) {
    const PermutationNeeds needs = needs_of_permutation(tests, 0.05);
    const auto smallest = [&](std::size_t units, std::int64_t rounds) {
      return static_cast<double>(tests) * smallest_p_value(units, rounds);
    };
    EXPECT_LE(smallest(needs.units, 10'000'000), 0.05) << tests;
    EXPECT_GT(smallest(needs.units - 1, 10'000'000), 0.05) << tests;
    EXPECT_LE(smallest(60, needs.rounds), 0.05 + 1e-12) << tests;
    EXPECT_GT(smallest(60, needs.rounds - 1), 0.05) << tests;
  }
}

TEST(PairedPermutation, FindsTheBetterPredictor) {
  Random random(4);
  const auto p = paired_permutation(noisy(200, 0.3, 1.0, random));
  for (const Metric metric : kMetrics) EXPECT_LT(*p[metric], 0.01);
}

TEST(PairedPermutation, ScalesOfPredictorsDoNotMatterToCorrelations) {
  Random random(5);
  TwoPredictions data = noisy(100, 0.5, 0.52, random);
  const auto before = paired_permutation(data);
  for (double& value : data.second) value = 100 + 20 * value;
  const auto after = paired_permutation(data);
  for (const Metric m : {Metric::srcc, Metric::ktau}) EXPECT_DOUBLE_EQ(*before[m], *after[m]);
  EXPECT_NEAR(*before.lcc, *after.lcc, 0.01);
  EXPECT_LT(*after.mse, 0.01);
}

TEST(PairedPermutation, EqualPredictorsAreNotToldApart) {
  const auto p = paired_permutation(data_of({1, 2, 3, 5}, {1, 2, 3, 5}, {1, 3, 2, 4}));
  for (const Metric metric : kMetrics) EXPECT_EQ(*p[metric], 1.0);
}

TEST(PairedPermutation, ThreadsDoNotMatter) {
  Random random(6);
  const TwoPredictions data = noisy(50, 0.5, 0.6, random);
  EXPECT_EQ(paired_permutation(data, {.rounds = 200, .threads = 1}),
            paired_permutation(data, {.rounds = 200, .threads = 4}));
}

TEST(PairedPermutation, FewPointsAndRefusals) {
  EXPECT_FALSE(paired_permutation(data_of({1}, {2}, {3})).mse);
  EXPECT_THROW(paired_permutation(data_of({1, 2}, {2}, {3, 4})), InvalidInput);
  TwoPredictions data = data_of({1, 2}, {2, 3}, {3, 4});
  data.units = 1;
  EXPECT_THROW(paired_permutation(data), InvalidInput);
  EXPECT_THROW(paired_permutation(data_of({1, 2}, {2, 3}, {3, 4}), {.rounds = 5}), InvalidInput);
}

// Shares of p-values up to .05 if both predictors are equally good.
TEST(PairedPermutationSize, OfEveryMetric) {
  constexpr int kDataSets = 4000;
  std::vector<metrics::PerMetric<bool>> found(kDataSets);
  for_each_job(kDataSets, 2, [&](std::int64_t i) {
    Random random(derive_seed(3, "size", static_cast<std::uint64_t>(i)));
    const auto p =
        paired_permutation(noisy(30, 0.7, 0.7, random), {.rounds = 199, .seed = random.next(), .threads = 1});
    for (const Metric m : kMetrics) found[static_cast<std::size_t>(i)][m] = *p[m] <= 0.05;
  });
  for (const Metric m : kMetrics) {
    double share = 0;
    for (const auto& of_set : found) share += (of_set[m] ? 1.0 : 0.0) / kDataSets;
    RecordProperty(name_of(m), fmt::format("{:.4f}", share));
    EXPECT_GE(share, 0.04) << name_of(m);
    EXPECT_LE(share, 0.06) << name_of(m);
  }
}

}  // namespace
}  // namespace qamro::statistics
