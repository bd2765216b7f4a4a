#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>

#include "qamro/core/error.h"
#include "qamro/training/cross_validation.h"
#include "qamro/training/epoch_files.h"
#include "qamro/training/fold.h"
#include "qamro/training/heads_on_embeddings.h"
#include "qamro/training/run_folder.h"
#include "training/synthetic_data.h"

namespace qamro::training {
namespace {

using ::testing::HasSubstr;

Recipe resumable_recipe(OptimizerKind optimizer) {
  Recipe recipe = small_recipe();
  recipe.split.validation_fraction = 0.25;
  recipe.model.head.dropout = 0.2;  // its random stream must continue where it stopped
  recipe.trainer.optimizer.kind = optimizer;
  recipe.trainer.optimizer.momentum = 0.9;
  recipe.trainer.batch_size = 10;
  recipe.trainer.max_epochs = 12;
  recipe.trainer.patience = 10;
  recipe.trainer.checkpoint_interval_seconds = 0;
  return recipe;
}

// Both checkpoints of a run that stops after `stop_after` epochs (0: never) and is then resumed.
std::string checkpoints_of(const std::filesystem::path& folder, const Recipe& recipe,
                           std::int64_t stop_after) {
  const Dataset data = linear_dataset(16);
  const PreparedFold fold = prepare_fold(recipe, data, make_folds(recipe, data).front());
  heads::MlpHeadOptions head = recipe.model.head;
  head.input_dim = 6;
  const auto run = [&](bool resume, const EpochCallback& on_epoch) {
    heads::Heads heads(head, recipe.data.axes, 5);
    HeadsOnEmbeddings model(heads, fold.inputs);
    fit(model, fold.train, fold.validation, fold.transforms, recipe.data.output_scale, recipe.trainer, 5,
        {folder, "print", resume, true}, on_epoch);
  };
  if (stop_after > 0) run(false, [&](const EpochRecord& record) { return record.epoch < stop_after; });
  run(stop_after > 0, {});
  return read_file(folder / "last.safetensors") + read_file(folder / "best.safetensors");
}

class Resume : public ::testing::TestWithParam<OptimizerKind> {};

TEST_P(Resume, EndsWithTheSameBytes) {
  const TemporaryFolder folder;
  const Recipe recipe = resumable_recipe(GetParam());
  const std::string whole = checkpoints_of(folder.path() / "whole", recipe, 0);
  ASSERT_GT(whole.size(), 1000U);
  for (const std::int64_t epoch : {1, 5, 11, 12})
    EXPECT_TRUE(checkpoints_of(folder.path() / std::to_string(epoch), recipe, epoch) == whole)
        << "after " << epoch;
}

TEST(Resume, ReplacesTheMetricsAndNeverEmptiesThem) {
  const TemporaryFolder folder;
  const auto metrics = folder.path() / "metrics.jsonl";
  EpochRecord first, second;
  first.epoch = 1;
  second.epoch = 2;
  MetricsLog(folder.path(), 0).append(first);
  MetricsLog(folder.path(), 1).append(second);
  const std::string both = read_file(metrics);
  EXPECT_EQ(std::ranges::count(both, '\n'), 2);
  std::filesystem::create_hard_link(metrics, folder.path() / "before");
  MetricsLog(folder.path(), 1).append(second);
  EXPECT_EQ(read_file(metrics), both);
  EXPECT_FALSE(std::filesystem::equivalent(metrics, folder.path() / "before"));
  EXPECT_EQ(read_file(folder.path() / "before"), both);
}

INSTANTIATE_TEST_SUITE_P(Optimizers, Resume, ::testing::Values(OptimizerKind::kSgd, OptimizerKind::kAdamW));

TEST(Resume, RefusesTheCheckpointOfAnotherRun) {
  const TemporaryFolder folder;
  const Dataset data = linear_dataset(16);
  Recipe recipe = resumable_recipe(OptimizerKind::kAdamW);
  checkpoints_of(folder.path(), recipe, 0);
  const PreparedFold fold = prepare_fold(recipe, data, make_folds(recipe, data).front());
  heads::MlpHeadOptions head = recipe.model.head;
  head.input_dim = 6;
  heads::Heads heads(head, recipe.data.axes, 5);
  HeadsOnEmbeddings model(heads, fold.inputs);
  EXPECT_THROW(fit(model, fold.train, fold.validation, fold.transforms, recipe.data.output_scale,
                   recipe.trainer, 5, {folder.path(), "another print", true, true}),
               CheckpointError);
}

void whole_run(const std::filesystem::path& folder, const Recipe& recipe, bool resume,
               const std::function<void(const RunProgress&)>& on_progress = {}) {
  const Dataset data = linear_dataset(16);
  const ExecutionOptions options{2, folder, resume, true, on_progress};
  open_run_folder(folder, recipe, run_fingerprint(recipe, data), resume);
  const CrossValidation result = cross_validate(recipe, data, make_folds(recipe, data), options);
  write_out_of_fold(folder, recipe, data, result);
  train_final_model(recipe, data, result, options).heads.save(folder / "model");
  merge_metrics(folder, recipe, result);
}

std::int64_t count_lines(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

// A separate process is killed while two runs are under way. The resumed run must end as if it had not
// been killed.
TEST(ResumeDeathTest, KilledAtAnyMomentEndsWithTheSameBytes) {
  GTEST_FLAG_SET(death_test_style, "fast");
  const Recipe recipe = resumable_recipe(OptimizerKind::kAdamW);
  const TemporaryFolder folder;
  for (const int moment : {1, 30, 77, 110}) {
    std::atomic<int> epochs = 0;
    const auto kill = [&](const RunProgress&) {
      if (++epochs == moment) std::raise(SIGKILL);
    };
    EXPECT_EXIT(whole_run(folder.path() / std::to_string(moment), recipe, false, kill),
                ::testing::KilledBySignal(SIGKILL), "");
  }
  whole_run(folder.path() / "whole", recipe,
            false);  // after the forks: a process with threads should not fork
  for (const int moment : {1, 30, 77, 110}) {
    const std::filesystem::path killed = folder.path() / std::to_string(moment);
    whole_run(killed, recipe, true);
    for (const char* file :
         {"out_of_fold.csv", "out_of_fold_seeds.csv", "model/model.safetensors", "recipe.toml"})
      EXPECT_TRUE(read_file(killed / file) == read_file(folder.path() / "whole" / file))
          << file << " killed at " << moment;
    EXPECT_EQ(count_lines(read_file(killed / "metrics.jsonl")),
              count_lines(read_file(folder.path() / "whole" / "metrics.jsonl")));
  }
}

TEST(Resume, ARunKilledBehindItsResultLeavesNoCheckpoint) {
  const TemporaryFolder folder;
  const Dataset data = linear_dataset(16);
  const Recipe recipe = resumable_recipe(OptimizerKind::kSgd);
  const std::filesystem::path left = run_folder(folder.path(), recipe.seeds.front(), 0) / "last.safetensors";
  const auto folds = make_folds(recipe, data);
  cross_validate(recipe, data, folds, {.threads = 1, .folder = folder.path(), .keep_checkpoints = false});
  ASSERT_FALSE(std::filesystem::exists(left));
  write_file(left, "killed before this was removed");
  cross_validate(recipe, data, folds,
                 {.threads = 1, .folder = folder.path(), .resume = true, .keep_checkpoints = false});
  EXPECT_FALSE(std::filesystem::exists(left));
}

TEST(RunFolder, IsNotWrittenOverAndBelongsToItsRecipe) {
  const TemporaryFolder folder;
  const Recipe recipe = small_recipe();
  open_run_folder(folder.path() / "run", recipe, "one", false);
  EXPECT_THAT(message_of([&] { open_run_folder(folder.path() / "run", recipe, "one", false); }),
              HasSubstr("--resume"));
  EXPECT_THAT(message_of([&] { open_run_folder(folder.path() / "run", recipe, "two", true); }),
              HasSubstr("differ"));
  EXPECT_NO_THROW(open_run_folder(folder.path() / "run", recipe, "one", true));
}

}  // namespace
}  // namespace qamro::training
