#include "qamro/training/objective.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "qamro/core/error.h"
#include "qamro/losses/listwise.h"
#include "qamro/training/validation.h"
#include "training/synthetic_data.h"

namespace qamro::training {
namespace {

using losses::RankingElements;
using losses::RankingOptions;

struct Batch {
  at::Tensor pred = at::tensor({0.3F, -0.2F, 0.9F, 0.1F, 0.4F}).view({5, 1});
  at::Tensor labels = at::tensor({1.0F, 2.0F, 5.0F, 4.0F, 2.0F}).view({5, 1});
  at::Tensor group = at::tensor({0, 0, 1, 1, 1}, at::kLong);
  at::Tensor weight = at::tensor({1.0, 2.0, 0.5, 3.0, 1.0}, at::kDouble);

  double of(const LossOptions& loss, heads::TargetTransform transform = {}) const {
    const Objective objective({loss}, {transform});
    return objective(pred, labels, {weight, group}).total.item<double>();
  }
  double expected(const RankingOptions& options) const {
    return losses::ranking_loss(pred.select(1, 0), labels.select(1, 0), options, {weight, group})
        .item<double>();
  }
};

TEST(Objective, HandsOnWhatTheRecipeSaysOfPairs) {
  const Batch batch;
  LossOptions loss{.kind = LossKind::kRanking, .margin = 0.1, .margin_scale = 0.3, .preference_factor = 4.0};
  RankingOptions options;
  options.margin = 0.1;
  options.margin_scale = 0.3;
  options.preference_factor = 4.0;
  EXPECT_DOUBLE_EQ(batch.of(loss), batch.expected(options));
  for (const auto scope : {losses::PairScope::kWithinGroups, losses::PairScope::kAcrossGroups}) {
    loss.pairs = options.scope = scope;
    EXPECT_DOUBLE_EQ(batch.of(loss), batch.expected(options));
  }
  loss.pairs = options.scope = losses::PairScope::kAll;
  loss.quality = QualitySource::kScale;
  options.quality_range = {1.0, 5.0};
  EXPECT_DOUBLE_EQ(batch.of(loss), batch.expected(options));
  loss.quality = QualitySource::kPq;
  loss.scale = LossScale::kOutput;
  options.quality_range.reset();
  options.quality_table = losses::QualityTable::published("PQ");
  EXPECT_DOUBLE_EQ(batch.of(loss), batch.expected(options));
}

// The ends of the scale are valid labels; rounding must not push them out of the scale.
TEST(Objective, FixedQualityScaleHoldsItsEndsInTheTrainingScale) {
  const Batch batch;
  const LossOptions loss{.kind = LossKind::kRanking, .quality = QualitySource::kScale};
  for (const double mean : {3.2572563920454543, 1.1, 4.7})
    EXPECT_NO_THROW(batch.of(loss, {mean, 0.8837251023607816}));
}

// With bounds, both scales of a loss see the score that the model would give.
TEST(Objective, BoundsHoldInEitherScale) {
  const Batch batch;
  const heads::TargetTransform bounded{3.0, 2.0, std::array{1.0, 5.0}};
  const at::Tensor score = bounded.to_label(batch.pred.select(1, 0)), label = batch.labels.select(1, 0);
  const auto mse = (score - label).square().mean().item<double>();
  LossOptions loss{.kind = LossKind::kMse, .scale = LossScale::kOutput};
  EXPECT_NEAR(batch.of(loss, bounded), mse, 1e-5);
  loss.scale = LossScale::kTraining;
  EXPECT_NEAR(batch.of(loss, bounded), mse / 4.0, 1e-5);
  EXPECT_GT(std::abs(batch.of(loss, {3.0, 2.0}) - mse / 4.0), 1e-3);
}

TEST(Objective, ListwiseLossesSeeTheirOptions) {
  const Batch batch;
  const auto differs = [&](LossOptions a, LossOptions b) { return batch.of(a) != batch.of(b); };
  EXPECT_TRUE(differs({.kind = LossKind::kListNet}, {.kind = LossKind::kListNet, .temperature = 2.0}));
  EXPECT_TRUE(
      differs({.kind = LossKind::kListMle},
              {.kind = LossKind::kListMle, .position_weights = losses::PositionWeights::kExponential}));
  EXPECT_TRUE(differs({.kind = LossKind::kRankNet}, {.kind = LossKind::kRankNet, .sigma = 2.0}));
  const LossOptions ndcg{.kind = LossKind::kLambdaRank};
  LossOptions other = ndcg;
  other.target = losses::SwapMetric::kSpearman;
  EXPECT_TRUE(differs(ndcg, other));
  other = ndcg;
  other.gain = losses::Gain::kLinear;
  EXPECT_TRUE(differs(ndcg, other));
  other = ndcg;
  other.truncation = 2;
  EXPECT_TRUE(differs(ndcg, other));
  EXPECT_DOUBLE_EQ(
      batch.of({.kind = LossKind::kSpearman, .regularization_strength = 0.3}),
      losses::spearman_loss(batch.pred.select(1, 0), batch.labels.select(1, 0), 0.3).item<double>());
}

TEST(Validation, SystemMetricsAreOfMeans) {
  Examples examples;
  examples.clips = {0, 1, 2, 3, 4, 5};
  examples.systems = {0, 0, 1, 1, 2, 2};
  examples.labels = at::tensor({1.0F, 3.0F, 2.0F, 4.0F, 5.0F, 4.5F}).view({6, 1});
  // The order of clips is wrong in places; the systems' means are in the labels' order.
  const at::Tensor pred = at::tensor({3.0F, 1.0F, 4.0F, 2.0F, 4.5F, 5.0F}).view({6, 1});
  const ValidationMetrics metrics = validate(pred, examples, {{}}, Objective({{}}, {{}}));
  ASSERT_TRUE(metrics.system.has_value());
  EXPECT_DOUBLE_EQ(*monitored_value(metrics, Monitor::kSystemSrcc), 1.0);
  EXPECT_DOUBLE_EQ(*monitored_value(metrics, Monitor::kSystemKtau), 1.0);
  EXPECT_NEAR(*monitored_value(metrics, Monitor::kSystemMse), 0.0, 1e-12);
  EXPECT_NEAR(*monitored_value(metrics, Monitor::kSystemLcc), 1.0, 1e-12);
  EXPECT_LT(*monitored_value(metrics, Monitor::kSrcc), 0.9);
  EXPECT_TRUE(higher_is_better(Monitor::kSystemSrcc));
  EXPECT_FALSE(higher_is_better(Monitor::kSystemMse));
  examples.systems.clear();
  EXPECT_EQ(monitored_value(validate(pred, examples, {{}}, Objective({{}}, {{}})), Monitor::kSystemSrcc),
            std::nullopt);
}

}  // namespace
}  // namespace qamro::training
