#include "qamro/losses/cuda/ranking_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "losses/cuda/device_ranking.h"
#include "losses/pairwise_oracle.h"
#include "qamro/core/error.h"
#include "qamro/losses/ranking_axis.h"

namespace qamro::losses {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

class RankingDevice : public ::testing::TestWithParam<RankingAlgorithm> {
 protected:
  void SetUp() override {
    if (!has_device()) GTEST_SKIP() << "no GPU here";
  }
  void expect_cpu(const RankingAxis& axis, const RankingOptions& options) {
    const DeviceResult got = on_device(axis, options, GetParam());
    EXPECT_EQ(got.problems, 0);
    expect_equal(got.loss, ranking_loss_of_axis(axis, options));
  }
};

INSTANTIATE_TEST_SUITE_P(Both, RankingDevice,
                         ::testing::Values(RankingAlgorithm::kTiled, RankingAlgorithm::kSorted),
                         [](const auto& algorithm) {
                           return algorithm.param == RankingAlgorithm::kTiled ? "tiled" : "sorted";
                         });

TEST_P(RankingDevice, SumsThePairsOfTheOracle) {
  for (std::size_t n = 0; n <= 300; ++n)
    for (const std::uint64_t levels : {0U, 3U, 9U}) {
      SCOPED_TRACE(std::to_string(n) + " elements, levels " + std::to_string(levels));
      const RankingAxis axis = random_axis(n, levels, n, {});
      RankingOptions options;
      options.reduction = Reduction::kSum;
      options.quality_range = {{0.0, 10.0}};
      options.margin = 0.05;
      Numbers weight;
      for (const double y : axis.target) weight.push_back(1 + 6 * y / 10);
      const OracleResult want = pairwise_oracle(axis.prediction, axis.target, weight, 0.05, 0.2);
      expect_equal(
          on_device(axis, options, GetParam()).loss,
          {static_cast<double>(want.value), Numbers(want.gradient.begin(), want.gradient.end()), want.pairs});
    }
}

TEST_P(RankingDevice, EveryScopeWeightAndReduction) {
  for (const std::size_t n : {0U, 1U, 2U, 3U, 13U, 127U, 128U, 129U, 300U})
    for (const auto scope : {PairScope::kAll, PairScope::kWithinGroups, PairScope::kAcrossGroups})
      for (const auto reduction : {Reduction::kMean, Reduction::kSum})
        for (const bool weights : {false, true})
          for (const bool missing : {false, true}) {
            SCOPED_TRACE(std::to_string(n) + " elements, scope " + std::to_string(static_cast<int>(scope)));
            RankingOptions options;
            options.scope = scope;
            options.reduction = reduction;
            expect_cpu(random_axis(n, n % 2 == 0 ? 9 : 0, n, {weights, true, missing}), options);
          }
}

TEST_P(RankingDevice, MarginsScalesAndFactors) {
  for (const double margin : {-0.4, 0.0, 0.3, 100.0, -100.0})
    for (const double scale : {0.0, 0.2, 1.0})
      for (const double factor : {0.0, 0.5, 1.0, 7.0}) {
        RankingOptions options;
        options.margin = margin;
        options.margin_scale = scale;
        options.preference_factor = factor;
        SCOPED_TRACE(std::to_string(margin) + " + " + std::to_string(scale) + " * gap, factor " +
                     std::to_string(factor));
        expect_cpu(random_axis(150, 7, 5, {true, false, true}), options);
      }
}

TEST_P(RankingDevice, TablesWhoseQualityFallsWhereLabelsRise) {
  for (const char* name : {"PQ", "PC", "CE", "CU"})
    for (const double factor : {0.5, 1.0, 7.0})
      for (const auto scope : {PairScope::kAll, PairScope::kWithinGroups, PairScope::kAcrossGroups}) {
        SCOPED_TRACE(name);
        RankingAxis axis = random_axis(200, 0, 8, {true, true, true}, 4.0);
        for (double& y : axis.target) y = 2.3 * y - 1.5;  // [0.8, 10): some outside of the table
        RankingOptions options;
        options.preference_factor = factor;
        options.scope = scope;
        options.quality_table = QualityTable::published(name);
        expect_cpu(axis, options);
      }
}

// The batch covers few intervals of the table, so that many of its levels are beyond the batch's extent.
TEST_P(RankingDevice, TablesOfWhichTheBatchMeetsAPart) {
  for (const double lowest : {1.0, 3.5, 6.5, 7.2, 9.0}) {
    RankingAxis axis = random_axis(90, 0, 9, {true, false, false});
    for (double& y : axis.target) y = lowest + (y - 1.0) / 4.0;
    RankingOptions options;
    options.quality_table = QualityTable::published("PC");
    expect_cpu(axis, options);
    options.quality_table = QualityTable{{{9, 10, 3}, {1, 2, 1}, {3, 4, 2}}, {1, 10}};
    expect_cpu(axis, options);
    options.quality_table = QualityTable{{{2, 10, 3}, {1, 2, 1}}, {1, 10}};  // rises with the label
    expect_cpu(axis, options);
    options.quality_table = QualityTable{{}, {1, 10}};
    expect_cpu(axis, options);
  }
}

// A careless computation would add the weights of a quality of 1e9 and subtract them again.
TEST_P(RankingDevice, ALevelFarAboveTheBatchCostsNoDigits) {
  RankingAxis axis = random_axis(90, 0, 9, {});
  for (double& y : axis.target) y = 2.0 + (y - 1.0) / 2.0;
  RankingOptions options;
  options.quality_table = QualityTable{{{2, 3, 5}, {3, 4, 4}, {5, 6, 1e9}}, {1, 10}};
  expect_cpu(axis, options);
}

TEST_P(RankingDevice, LabelsAtTheEndsOfIntervals) {
  RankingOptions options;
  options.quality_table = QualityTable{{{9, 10, 3}, {1, 2, 1}, {2, 3, 7}}, {1, 10}};
  expect_cpu({{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7}, {10.0, 1.0, 2.0, 3.0, 9.0, 10.1, 0.9}, {}, {}}, options);
}

TEST_P(RankingDevice, AllEqualAndAllMissing) {
  for (const double y : {2.0, kNone}) {
    const RankingAxis axis{Numbers(40, 0.5), Numbers(40, y), {}, {}};
    const AxisRankingLoss loss = on_device(axis, {}, GetParam()).loss;
    EXPECT_EQ(loss.value, 0.0);
    EXPECT_EQ(loss.pairs, 0U);
    EXPECT_THAT(loss.gradient, ::testing::Each(0.0));
  }
  RankingAxis alike = random_axis(64, 4, 3, {});
  alike.prediction.assign(64, 0.25);
  expect_cpu(alike, {});
  alike.target[3] = 0.0;
  alike.target[4] = -0.0;  // equal to it: no pair
  expect_cpu(alike, {});
}

TEST_P(RankingDevice, AHingeOfExactlyZeroHasNoGradient) {
  const RankingAxis axis{{1.0, 0.5, 0.0}, {3.0, 2.0, 1.0}, {}, {}};
  RankingOptions options = RankingOptions::fixed_margin(0.5);
  options.reduction = Reduction::kSum;
  const AxisRankingLoss loss = on_device(axis, options, GetParam()).loss;
  EXPECT_EQ(loss.value, 0.0);
  EXPECT_THAT(loss.gradient, ::testing::Each(0.0));
  EXPECT_EQ(loss.pairs, 3U);
}

TEST_P(RankingDevice, NoPairLeftAcrossGroupsIsZeroToTheBit) {
  RankingAxis axis = random_axis(100, 0, 4, {true, false, false});
  axis.group.assign(100, 7);
  RankingOptions options;
  options.scope = PairScope::kAcrossGroups;
  const AxisRankingLoss loss = on_device(axis, options, GetParam()).loss;
  EXPECT_EQ(loss.value, 0.0);
  EXPECT_EQ(loss.pairs, 0U);
  EXPECT_THAT(loss.gradient, ::testing::Each(0.0));
}

TEST_P(RankingDevice, ACommonOffsetCostsNoDigits) {
  constexpr double kOffset = 68719476736.0;  // 2^36
  RankingAxis axis = random_axis(200, 9, 6, {});
  for (double& p : axis.prediction) p += kOffset;
  RankingAxis near_zero = axis;  // the predictions as the addition rounded them
  for (double& p : near_zero.prediction) p -= kOffset;
  expect_equal(on_device(axis, {}, GetParam()).loss, ranking_loss_of_axis(near_zero, {}));
  for (double& p : axis.prediction) p -= 2 * kOffset;
  expect_equal(on_device(axis, {}, GetParam()).loss, ranking_loss_of_axis(near_zero, {}));
}

TEST_P(RankingDevice, ProblemsMakeTheLossNaNAndAreNamed) {
  const auto problems = [&](const RankingAxis& axis, const RankingOptions& options = {}) {
    const DeviceResult got = on_device(axis, options, GetParam());
    if (got.problems != 0) {
      EXPECT_TRUE(std::isnan(got.loss.value));
      EXPECT_THAT(got.loss.gradient, ::testing::Each(::testing::IsNan()));
    }
    return got.problems;
  };
  const RankingAxis good{{1.0, 2.0, 3.0}, {2.0, 3.0, kNone}, {1.0, 1.0, 1.0}, {}};
  EXPECT_EQ(problems(good), 0);
  RankingAxis bad = good;
  bad.prediction = {1.0, kNone, 3.0};
  EXPECT_EQ(problems(bad) & kPredictionNotFinite, kPredictionNotFinite);
  bad.prediction = {1.0, 2.0, kInfinite};  // without a label
  EXPECT_EQ(problems(bad), kPredictionNotFinite);
  bad = good;
  bad.target[0] = -kInfinite;
  EXPECT_EQ(problems(bad) & kTargetInfinite, kTargetInfinite);
  for (const double weight : {-1.0, kNone, kInfinite}) {
    bad = good;
    bad.weight[1] = weight;
    EXPECT_EQ(problems(bad), kWeightInvalid);
  }
  bad = good;
  bad.prediction = {1e308, -1e308, 0.0};
  EXPECT_EQ(problems(bad), kDifferenceOverflows);
  RankingOptions options;
  options.quality_range = {{0.0, 2.5}};
  EXPECT_EQ(problems(good, options), kLabelOutsideOfQualityRange);
}

TEST_P(RankingDevice, TheSameBitsInEveryRun) {
  RankingOptions options;
  options.scope = PairScope::kWithinGroups;
  const RankingAxis axis = random_axis(5000, 40, 11, {true, true, true});
  const AxisRankingLoss first = on_device(axis, options, GetParam()).loss;
  const AxisRankingLoss second = on_device(axis, options, GetParam()).loss;
  EXPECT_EQ(first.value, second.value);
  EXPECT_EQ(first.gradient, second.gradient);
}

TEST_P(RankingDevice, ThousandsOfElements) {
  RankingOptions options;
  for (const std::uint64_t levels : {0U, 17U}) {
    expect_cpu(random_axis(4100, levels, 21, {true, true, true}), options);
    options.scope = PairScope::kWithinGroups;
  }
}

class LargeRankingDevice : public RankingDevice {};
INSTANTIATE_TEST_SUITE_P(Large, LargeRankingDevice, ::testing::Values(RankingAlgorithm::kSorted),
                         [](const auto&) { return "sorted"; });

TEST_P(LargeRankingDevice, AHundredThousandElements) {
  for (const std::uint64_t levels : {0U, 17U})
    expect_cpu(random_axis(100000, levels, 31, {levels > 0, true, levels > 0}), {});
  RankingOptions options;
  options.scope = PairScope::kWithinGroups;
  RankingAxis prompts = random_axis(100000, 0, 32, {});
  for (std::size_t i = 0; i < 100000; ++i)
    prompts.group.push_back(static_cast<std::int64_t>(i * 7919 % 12500));
  expect_cpu(prompts, options);
}

TEST(RankingDeviceChoice, IsOneOfTheTwo) {
  if (!has_device()) GTEST_SKIP() << "no GPU here";
  for (const std::size_t n : {100U, 60000U}) {
    const RankingAxis axis = random_axis(n, 0, 41, {});
    const auto kind = n == 100 ? RankingAlgorithm::kTiled : RankingAlgorithm::kSorted;
    const AxisRankingLoss faster = on_device(axis, {}, RankingAlgorithm::kFaster).loss;
    EXPECT_EQ(faster.value, on_device(axis, {}, kind).loss.value);
  }
}

TEST(RankingDeviceMemory, IsLinear) {
  if (!has_device()) GTEST_SKIP() << "no GPU here";
  const std::size_t n = 50000;
  const RankingAxis axis = random_axis(n, 0, 42, {});
  const DeviceArray<double> prediction(axis.prediction), target(axis.target), value(1), gradient(n);
  TestWorkspace workspace;
  ranking_loss_on_device({prediction.data(), target.data(), nullptr, nullptr, n}, {},
                         {value.data(), gradient.data(), nullptr, nullptr}, {}, workspace,
                         RankingAlgorithm::kSorted);
  EXPECT_LT(workspace.max_bytes(), 260 * n);
}

TEST(RankingDeviceErrors, TooManyElementsOrNoDevice) {
  TestWorkspace workspace;
  DeviceRankingAxis axis;
  axis.n = std::size_t{1} << 32;
  EXPECT_THROW(ranking_loss_on_device(axis, {}, {}, {}, workspace), InvalidInput);
  axis.n = 0;
  if (!has_device()) {
    EXPECT_THROW(ranking_loss_on_device(axis, {}, {}, {}, workspace), Error);
  }
}

}  // namespace
}  // namespace qamro::losses
