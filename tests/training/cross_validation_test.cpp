#include "qamro/training/cross_validation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "qamro/core/error.h"
#include "training/synthetic_data.h"

namespace qamro::training {
namespace {

Recipe quick_recipe() {
  Recipe recipe = small_recipe();
  recipe.trainer.max_epochs = 10;
  recipe.model.head.dropout = 0.1;
  return recipe;
}

CrossValidation run(const Recipe& recipe, const Dataset& data, std::int64_t threads = 1) {
  return cross_validate(recipe, data, make_folds(recipe, data), {.threads = threads});
}

TEST(CrossValidation, LearnsALinearTargetOutOfFold) {
  const Dataset data = linear_dataset(16);
  const CrossValidation result = run(small_recipe(), data);
  ASSERT_EQ(result.runs.size(), 8U);
  const auto mse = (result.out_of_fold - data.labels).square().mean().item<double>();
  EXPECT_TRUE(mse < 0.02) << mse;
  EXPECT_TRUE(at::allclose(result.out_of_fold, (result.per_seed[0] + result.per_seed[1]) / 2));
  EXPECT_FALSE(at::equal(result.per_seed[0], result.per_seed[1]));
}

TEST(CrossValidation, SameBitsForAnyNumberOfThreads) {
  const Dataset data = linear_dataset(16);
  const Recipe recipe = quick_recipe();
  const CrossValidation one = run(recipe, data, 1);
  for (const std::int64_t threads : {2, 3, 16})
    EXPECT_TRUE(at::equal(one.per_seed, run(recipe, data, threads).per_seed));
}

TEST(CrossValidation, VariantsSideBySideAreThoseByThemselves) {
  const Dataset data = linear_dataset(16);
  const Recipe recipe = quick_recipe();
  const std::vector<LossVariant> variants = {{{{}}, ""}, {{{.kind = LossKind::kMse, .weight = 2.0}}, ""}};
  const auto both = cross_validate_losses(recipe, variants, data, make_folds(recipe, data), {.threads = 3});
  ASSERT_EQ(both.size(), 2U);
  for (std::size_t i = 0; i < variants.size(); ++i) {
    Recipe alone = recipe;
    alone.trainer.losses = variants[i].losses;
    EXPECT_TRUE(at::equal(both[i].per_seed, run(alone, data).per_seed)) << i;
  }
  EXPECT_FALSE(at::equal(both[0].per_seed, both[1].per_seed));
}

TEST(CrossValidation, SaysHowManyRunsMaxEpochsCutShort) {
  const Dataset data = linear_dataset(16);
  Recipe recipe = quick_recipe();
  EXPECT_EQ(run_ends(recipe, run(recipe, data)).cut_short, 0) << "nothing is validated";
  recipe.split.validation_fraction = 0.25;
  for (const std::int64_t patience : {0, 4}) {
    recipe.trainer.patience = patience;
    recipe.trainer.max_epochs = 4;
    recipe.trainer.optimizer.learning_rate = 1e-3;
    const RunEnds early = run_ends(recipe, run(recipe, data));
    EXPECT_EQ(early.runs, 8);
    EXPECT_EQ(early.cut_short, 8) << patience;
    const std::string text = describe(early, recipe.trainer);
    EXPECT_NE(text.find("training.max_epochs = 4 ended 8 of 8 runs while the loss"), std::string::npos)
        << text;
  }
  recipe.trainer.max_epochs = 600;
  recipe.trainer.optimizer.learning_rate = 0.3;  // soon as good as it gets
  const RunEnds late = run_ends(recipe, run(recipe, data));
  EXPECT_EQ(late.cut_short, 0);
  EXPECT_EQ(describe(late, recipe.trainer), "");
}

TEST(CrossValidation, ScoresStayOnTheirScaleUnlessTheRecipeLetsThemLeave) {
  Dataset data = linear_dataset(16);
  Recipe recipe = quick_recipe();
  recipe.model.bounded = true;
  data.embeddings.select(0, 5).mul_(100.0);  // a clip unlike all others
  const at::Tensor bounded = run(recipe, data).out_of_fold;
  EXPECT_GE(bounded.min().item<double>(), 1.0);
  EXPECT_LE(bounded.max().item<double>(), 5.0);
  recipe.model.bounded = false;
  const at::Tensor free = run(recipe, data).out_of_fold;
  EXPECT_TRUE(free.min().item<double>() < 1.0 || free.max().item<double>() > 5.0) << free[5];
}

// Column 2 of the embedding plays the encoder's own score.
TEST(CrossValidation, TheEncoderSpeaksOfClipsUnlikeTheTrainingClips) {
  const Dataset data = linear_dataset(16);
  Recipe recipe = quick_recipe();
  const at::Tensor heads_alone = run(recipe, data).out_of_fold;
  recipe.model.fallback_column = -4;
  recipe.model.familiar_quantile = 1.0;
  const CrossValidation all = run(recipe, data);
  EXPECT_EQ(all.familiarity->fallback_column, 2);
  EXPECT_TRUE(at::equal(all.out_of_fold, heads_alone));
  recipe.model.familiar_quantile = 0.5;
  const CrossValidation half = run(recipe, data);
  const at::Tensor same = half.out_of_fold.eq(heads_alone).select(1, 0);
  EXPECT_NEAR(same.to(at::kDouble).mean().item<double>(), 0.5, 0.02);
  const at::Tensor own = data.embeddings.select(1, 2).to(at::kDouble);
  EXPECT_GT(half.out_of_fold.select(1, 0).eq(own).sum().item<std::int64_t>(), 0);
  recipe.model.fallback_column = 6;
  EXPECT_THROW(run(recipe, data), InvalidInput);
}

// Changing test clips changes neither the weights of that fold's run nor its predictions for other clips, so
// the prediction for a test clip depends only on its own embedding.
TEST(CrossValidation, NothingOfATestClipReachesItsRun) {
  const Dataset data = linear_dataset(16);
  Recipe recipe = quick_recipe();
  recipe.split.validation_fraction = 0.25;
  recipe.trainer.patience = 3;
  const CrossValidation before = run(recipe, data);
  Dataset changed = data;
  changed.embeddings = data.embeddings.clone();
  changed.labels = data.labels.clone();
  const std::vector<std::int64_t>& test = before.folds[1].test;
  for (const std::int64_t clip : test) changed.labels[clip].fill_(5.0);
  changed.embeddings[test.front()].fill_(100.0);
  const CrossValidation after = run(recipe, changed);
  for (std::size_t i = 1; i < test.size(); ++i)
    EXPECT_TRUE(at::equal(before.out_of_fold[test[i]], after.out_of_fold[test[i]])) << test[i];
  EXPECT_FALSE(at::equal(before.out_of_fold[test.front()], after.out_of_fold[test.front()]));
  EXPECT_FALSE(
      at::equal(before.out_of_fold[before.folds[0].test[0]], after.out_of_fold[before.folds[0].test[0]]))
      << "the change does reach the runs that train on it";
}

TEST(CrossValidation, ClipsThatNoFoldTestsHaveNoPrediction) {
  const Dataset data = linear_dataset(16);
  Recipe recipe = quick_recipe();
  recipe.split.kind = SplitKind::kHoldout;
  const CrossValidation result = run(recipe, data);
  EXPECT_EQ(at::isnan(result.out_of_fold).sum().item<std::int64_t>(),
            data.size() - std::ssize(result.folds[0].test));
}

TEST(CrossValidation, FinalModelIsTheEnsembleOfSeedsForTheMedianEpoch) {
  const Dataset data = linear_dataset(16);
  Recipe recipe = small_recipe();
  const CrossValidation folds = run(recipe, data);
  const heads::HeadModel model = train_final_model(recipe, data, folds, {.threads = 2}).heads;
  EXPECT_EQ(model.members.size(), 2U);
  EXPECT_EQ(model.axes[0].name, "mos");
  const auto mse = (model.predict(data.embeddings) - data.labels).square().mean().item<double>();
  EXPECT_TRUE(mse < 0.01) << mse;
  recipe.model.ensemble = 1;
  EXPECT_EQ(train_final_model(recipe, data, folds, {}).heads.members.size(), 1U);
}

TEST(CrossValidation, ProgressCountsAllEpochs) {
  const Dataset data = linear_dataset(16);
  Recipe recipe = quick_recipe();
  recipe.split.validation_fraction = 0.25;
  recipe.trainer.patience = 2;
  std::atomic<std::int64_t> epochs = 0;
  const ExecutionOptions options{.threads = 2, .on_progress = [&](const RunProgress& progress) {
                                   epochs += progress.epoch != nullptr ? 1 : progress.epochs_saved;
                                 }};
  cross_validate(recipe, data, make_folds(recipe, data), options);
  EXPECT_EQ(epochs, 8 * recipe.trainer.max_epochs);
}

}  // namespace
}  // namespace qamro::training
