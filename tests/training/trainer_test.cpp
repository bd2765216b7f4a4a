#include "qamro/training/trainer.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>

#include "qamro/core/error.h"
#include "qamro/training/cross_validation.h"
#include "qamro/training/fold.h"
#include "qamro/training/heads_on_embeddings.h"
#include "qamro/training/objective.h"
#include "training/synthetic_data.h"

namespace qamro::training {
namespace {

using ::testing::HasSubstr;

struct Setting {
  Dataset data = linear_dataset(16);
  Recipe recipe = small_recipe();
  PreparedFold fold;
  std::optional<heads::Heads> heads;

  explicit Setting(double validation_fraction = 0.25) {
    recipe.split.validation_fraction = validation_fraction;
    fold = prepare_fold(recipe, data, make_folds(recipe, data).front());
    heads::MlpHeadOptions head = recipe.model.head;
    head.input_dim = 6;
    heads.emplace(head, recipe.data.axes, 5);
  }
  FitResult run(const EpochCallback& on_epoch = {}) {
    HeadsOnEmbeddings model(*heads, fold.inputs);
    return fit(model, fold.train, fold.validation, fold.transforms, recipe.data.output_scale, recipe.trainer,
               5, {}, on_epoch);
  }
};

bool is_listwise(LossKind kind) {
  return is_ranking_loss(kind) && kind != LossKind::kRanking;
}

class EveryOptimizerAndLoss : public ::testing::TestWithParam<std::tuple<OptimizerKind, LossKind>> {};

TEST_P(EveryOptimizerAndLoss, LearnsALinearTarget) {
  Setting setting;
  setting.recipe.trainer.optimizer.kind = std::get<0>(GetParam());
  setting.recipe.trainer.optimizer.momentum = 0.9;
  setting.recipe.trainer.batch_size = 16;
  setting.recipe.trainer.optimizer.schedule = Schedule::kCosine;
  const LossKind loss = std::get<1>(GetParam());
  // Alone, its gradients are several times those of the others (a pair weighs up to 7): at 0.02
  // momentum diverges.
  if (loss == LossKind::kRanking) setting.recipe.trainer.optimizer.learning_rate = 0.004;
  setting.recipe.trainer.losses = {
      {.kind = loss, .margin_scale = 1.0, .sigma = 4.0, .target = losses::SwapMetric::kSpearman}};
  std::vector<EpochRecord> records;
  setting.run([&](const EpochRecord& record) {
    records.push_back(record);
    return true;
  });
  ASSERT_EQ(records.size(), 150U);
  if (is_listwise(loss))  // bounded from below by more than 0
    EXPECT_LT(records.back().loss, 0.97 * records.front().loss);
  else
    EXPECT_LT(records.back().loss, 0.1 * records.front().loss);
  ASSERT_TRUE(records.back().validation->utterance.srcc.has_value());
  EXPECT_GT(*records.back().validation->utterance.srcc, 0.97);
  if (!is_ranking_loss(loss)) {
    EXPECT_LT(*records.back().validation->utterance.mse, 0.01);
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryOptimizerAndLoss,
                         ::testing::Combine(::testing::Values(OptimizerKind::kSgd, OptimizerKind::kAdamW),
                                            ::testing::Values(LossKind::kHuber, LossKind::kMse, LossKind::kL1,
                                                              LossKind::kRanking, LossKind::kListNet,
                                                              LossKind::kListMle, LossKind::kRankNet,
                                                              LossKind::kLambdaRank, LossKind::kSpearman)));

TEST(Trainer, EarlyStoppingKeepsTheBestWeights) {
  Setting setting;
  setting.fold.validation.labels = -setting.fold.validation.labels;  // a better fit makes it worse
  setting.recipe.trainer.patience = 7;
  std::vector<EpochRecord> records;
  const FitResult result = setting.run([&](const EpochRecord& record) {
    records.push_back(record);
    return true;
  });
  EXPECT_EQ(result.epochs, result.best_epoch + 7);
  EXPECT_LT(result.epochs, setting.recipe.trainer.max_epochs);
  const auto best = static_cast<std::size_t>(result.best_epoch - 1);
  EXPECT_TRUE(records[best].is_best);
  EXPECT_EQ(result.best_value, records[best].validation->loss);

  Setting again;  // a run that ends at the best epoch has the same weights
  again.recipe.trainer.max_epochs = result.best_epoch;
  again.run();
  for (const auto& [name, tensor] : setting.heads->named_parameters())
    EXPECT_TRUE(at::equal(tensor, again.heads->named_parameters().at(name))) << name;
}

TEST(Trainer, MissingLabelsTakePartInNothing) {
  Setting with_extra;
  Setting without;
  const at::Tensor missing = at::full({3, 1}, std::numeric_limits<double>::quiet_NaN(), at::kFloat);
  Examples& train = with_extra.fold.train;
  train.clips.insert(train.clips.end(), {0, 1, 2});
  train.labels = at::cat({train.labels, missing});
  train.systems.insert(train.systems.end(), {0, 0, 0});
  with_extra.recipe.trainer.max_epochs = without.recipe.trainer.max_epochs = 5;
  with_extra.run();
  without.run();
  for (const auto& [name, tensor] : without.heads->named_parameters())
    EXPECT_TRUE(at::allclose(tensor, with_extra.heads->named_parameters().at(name), 1e-5, 1e-6)) << name;
}

TEST(Trainer, LossesAreWeightedAndNamedApart) {
  Setting setting;
  setting.recipe.trainer.max_epochs = 1;
  setting.recipe.trainer.losses = {{.kind = LossKind::kMse, .weight = 0.5},
                                   {.kind = LossKind::kRanking, .weight = 3.0}};
  EpochRecord last;
  setting.run([&](const EpochRecord& record) {
    last = record;
    return true;
  });
  ASSERT_EQ(last.loss_parts.size(), 2U);
  EXPECT_NEAR(last.loss, 0.5 * last.loss_parts[0] + 3.0 * last.loss_parts[1], 1e-6);
}

TEST(Trainer, OutputScaleChangesTheRankingLossByItsFactor) {
  Setting setting;
  const Objective training({{.kind = LossKind::kRanking}}, {{3.0, 0.5}});
  const Objective output({{.kind = LossKind::kRanking, .scale = LossScale::kOutput}}, {{3.0, 0.5}});
  const at::Tensor pred = at::tensor({0.3F, -0.2F, 0.9F}).view({3, 1});
  const at::Tensor labels = at::tensor({1.0F, 2.0F, 3.0F}).view({3, 1});
  EXPECT_NEAR(output(pred, labels).total.item<double>(), 0.5 * training(pred, labels).total.item<double>(),
              1e-6);
}

TEST(Trainer, SaysWhatIsWrong) {
  Setting setting;
  setting.recipe.trainer.optimizer = {.kind = OptimizerKind::kSgd, .learning_rate = 1e30};
  EXPECT_THAT(message_of([&] { setting.run(); }), HasSubstr("no longer a finite number in epoch"));
  Setting without(0.0);
  without.recipe.trainer.patience = 3;
  EXPECT_THAT(message_of([&] { without.run(); }), HasSubstr("validation"));
  Setting empty;
  empty.fold.train = {};
  EXPECT_THROW(empty.run(), InvalidInput);
}

TEST(Trainer, LearningRateSchedule) {
  const OptimizerOptions options{.learning_rate = 1.0, .schedule = Schedule::kCosine, .warmup_epochs = 2};
  EXPECT_DOUBLE_EQ(options.learning_rate_at(1, 12), 0.5);
  EXPECT_DOUBLE_EQ(options.learning_rate_at(2, 12), 1.0);
  EXPECT_DOUBLE_EQ(options.learning_rate_at(3, 12), 1.0);
  EXPECT_DOUBLE_EQ(options.learning_rate_at(8, 12), 0.5);
  EXPECT_GT(options.learning_rate_at(12, 12), 0.0);
  EXPECT_DOUBLE_EQ(OptimizerOptions{.learning_rate = 0.1}.learning_rate_at(99, 100), 0.1);
}

}  // namespace
}  // namespace qamro::training
