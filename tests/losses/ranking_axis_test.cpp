#include "qamro/losses/ranking_axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "losses/pairwise_oracle.h"
#include "qamro/core/error.h"

namespace qamro::losses {
namespace {

using Numbers = std::vector<double>;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

bool in_scope(const RankingAxis& axis, PairScope scope, std::size_t i, std::size_t j) {
  if (scope == PairScope::kAll || axis.group.empty()) return true;
  return (axis.group[i] == axis.group[j]) == (scope == PairScope::kWithinGroups);
}

// The weighted mean (or sum) that the header defines, pair by pair, for a given quality.
AxisRankingLoss oracle(const RankingAxis& axis, const RankingOptions& options, const Numbers& quality) {
  AxisRankingLoss loss;
  loss.gradient.assign(axis.target.size(), 0);
  double mass = 0;
  for (std::size_t i = 0; i < axis.target.size(); ++i)
    for (std::size_t j = 0; j < axis.target.size(); ++j) {
      const double gap = axis.target[i] - axis.target[j];
      if (!(gap > 0) || !in_scope(axis, options.scope, i, j)) continue;
      const double both = axis.weight.empty() ? 1 : axis.weight[i] * axis.weight[j];
      mass += both;
      ++loss.pairs;
      const double hinge =
          options.margin + options.margin_scale * gap - (axis.prediction[i] - axis.prediction[j]);
      if (!(hinge > 0)) continue;
      const double weight = both * (1 + (options.preference_factor - 1) * std::max(quality[i], quality[j]));
      loss.value += weight * hinge;
      loss.gradient[i] -= weight;
      loss.gradient[j] += weight;
    }
  if (options.reduction == Reduction::kSum || mass == 0) return loss;
  loss.value /= mass;
  for (double& one : loss.gradient) one /= mass;
  return loss;
}

void expect_equal(const AxisRankingLoss& got, const AxisRankingLoss& want) {
  EXPECT_EQ(got.pairs, want.pairs);
  EXPECT_NEAR(got.value, want.value, 1e-10 * (1 + std::abs(want.value)));
  ASSERT_EQ(got.gradient.size(), want.gradient.size());
  for (std::size_t i = 0; i < want.gradient.size(); ++i)
    EXPECT_NEAR(got.gradient[i], want.gradient[i], 1e-9) << "element " << i;
}

RankingAxis random_axis(std::size_t n, std::uint64_t seed) {
  const RandomCase data = random_case(n, 9, seed);
  RankingAxis axis{data.prediction, data.target, {}, {}};
  Random random(seed + 100);
  for (std::size_t i = 0; i < n; ++i) {
    axis.weight.push_back(static_cast<double>(random.below(4)));
    axis.group.push_back(static_cast<std::int64_t>(random.below(5)) - 2);
  }
  return axis;
}

TEST(RankingAxis, EveryScopeWeightAndReductionEqualsThePairLoop) {
  for (const std::size_t n : {0U, 1U, 2U, 13U, 150U})
    for (const auto scope : {PairScope::kAll, PairScope::kWithinGroups, PairScope::kAcrossGroups})
      for (const auto reduction : {Reduction::kMean, Reduction::kSum}) {
        const RankingAxis axis = random_axis(n, n);
        RankingOptions options;
        options.margin = 0.1;
        options.scope = scope;
        options.reduction = reduction;
        expect_equal(ranking_loss_of_axis(axis, options),
                     oracle(axis, options, min_max_quality(axis.target)));
      }
}

TEST(RankingAxis, AFixedScaleOfQualityDoesNotDependOnTheBatch) {
  const RankingAxis axis = random_axis(60, 4);
  RankingOptions options;
  options.quality_range = {{0.0, 10.0}};
  Numbers quality;
  for (const double y : axis.target) quality.push_back(y / 10);
  expect_equal(ranking_loss_of_axis(axis, options), oracle(axis, options, quality));

  RankingAxis pair{{1.0, 2.0}, {4.0, 2.0}, {}, {}};
  options.reduction = Reduction::kSum;
  const double alone = ranking_loss_of_axis(pair, options).value;
  EXPECT_DOUBLE_EQ(alone, (1 + 6 * 0.4) * (0.2 * 2 + 1));
  pair.target[0] = 10.5;
  EXPECT_THAT([&] { ranking_loss_of_axis(pair, options); },
              ThrowsMessage<InvalidInput>(HasSubstr("quality_range [0, 10], got 10.5")));
}

// PQ's table in facts.md: [6,7) 9.5, [7,8) 8.5, [5,6) 7.5, [4,5) 6.5, [8,9) 5.5, [3,4) 4.5, others 0; labels
// below 1 or above 10 are skipped; values are min-max normalised.
TEST(RankingAxis, PublishedTable) {
  RankingAxis axis{{0.5, 0.1, 0.9, 0.3, 0.0, 0.7, 0.2}, {6.0, 7.99, 10.0, 3.5, 1.0, 0.5, 10.01}, {}, {}};
  RankingOptions options;
  options.quality_table = QualityTable::published("PQ");
  RankingAxis kept = axis;
  kept.target[5] = kept.target[6] = kNone;
  const Numbers quality = {1.0, 8.5 / 9.5, 0.0, 4.5 / 9.5, 0.0, 0.0, 0.0};
  expect_equal(ranking_loss_of_axis(axis, options), oracle(kept, options, quality));
}

TEST(RankingAxis, TheIntervalAtTheTopIsClosed) {
  RankingOptions options;
  options.reduction = Reduction::kSum;
  options.quality_table = QualityTable{{{9, 10, 3}, {1, 2, 1}}, {1, 10}};
  const RankingAxis axis{{0.0, 0.0, 0.0}, {10.0, 1.5, 2.0}, {}, {}};
  // Normalised 1, 1/3 and 0: weights 7, 3 and 1.
  EXPECT_DOUBLE_EQ(ranking_loss_of_axis(axis, options).value, 0.2 * (7 * 8.5 + 7 * 8.0 + 3 * 0.5));
}

TEST(RankingAxis, MissingLabelsAndGroupsWithoutAPair) {
  RankingOptions options;
  options.scope = PairScope::kWithinGroups;
  const RankingAxis axis{{1.0, 2.0, 3.0}, {2.0, kNone, 1.0}, {}, {1, 1, 2}};
  const AxisRankingLoss loss = ranking_loss_of_axis(axis, options);
  EXPECT_EQ(loss.pairs, 0U);
  EXPECT_EQ(loss.value, 0.0);
  EXPECT_THAT(loss.gradient, ::testing::Each(0.0));
  options.scope = PairScope::kAcrossGroups;
  EXPECT_EQ(ranking_loss_of_axis(axis, options).pairs, 1U);
}

TEST(RankingOptions, NameWhatIsWrong) {
  const auto refuses = [](const RankingOptions& options, const std::string& says) {
    EXPECT_THAT([&] { options.validate(); }, ThrowsMessage<InvalidInput>(HasSubstr(says)));
  };
  RankingOptions options;
  options.quality_range = {{5.0, 1.0}};
  refuses(options, "quality_range: expected [lowest, highest], got [5, 1]");
  options.quality_range = {{1.0, 5.0}};
  options.quality_table = QualityTable::published("CE");
  refuses(options, "got both");
  options.quality_range = {};
  options.validate();
  options.quality_table->intervals.push_back({6.5, 6.7, 1.0});
  refuses(options, "do not overlap, got [6.5, 6.7)");
  options.quality_table->intervals = {{9.0, 11.0, 1.0}};
  refuses(options, "intervals in [1, 10]");
  options.quality_table->intervals = {{9.0, 10.0, -1.0}};
  refuses(options, "value");
  EXPECT_THROW(QualityTable::published("MI"), InvalidInput);
}

}  // namespace
}  // namespace qamro::losses
