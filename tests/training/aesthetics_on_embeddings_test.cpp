#include "qamro/training/heads_on_embeddings.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <numeric>

#include "qamro/core/error.h"
#include "qamro/embeddings/embedding_file.h"
#include "qamro/training/cross_validation.h"
#include "qamro/training/gradient_cache.h"
#include "training/synthetic_data.h"

namespace qamro::training {
namespace {

constexpr std::int64_t kLayers = 3, kDim = 8;

heads::AestheticsHeads heads_of(std::uint64_t seed, double dropout = 0.0) {
  return {{.dim = kDim, .layers = kLayers, .projection_layers = 3, .dropout = dropout, .nth_layer = kLayers},
          {"PQ", "CE"},
          seed};
}

at::Tensor waves(std::int64_t rows) {
  return at::linspace(-9, 9, rows * kLayers * kDim).reshape({rows, kLayers * kDim}).sin();
}

TEST(AestheticsOnEmbeddings, AClipsScoresAreItsWindowsByLength) {
  const at::Tensor pooled = waves(5);
  embeddings::WindowRows windows;
  windows.add_clip(std::vector<std::int64_t>{100, 300});
  windows.add_clip(std::vector<std::int64_t>{50});
  windows.add_clip(std::vector<std::int64_t>{10, 10});
  AestheticsOnEmbeddings model(heads_of(3), pooled, windows);
  const at::NoGradGuard no_grad;
  const at::Tensor of_windows = heads_of(3).forward(pooled.view({5, kLayers, kDim}));
  const std::vector<std::int64_t> clips = {2, 0, 1};
  const at::Tensor scores = model.forward(clips, {});
  EXPECT_TRUE(at::allclose(scores[0], (of_windows[3] + of_windows[4]) / 2));
  EXPECT_TRUE(at::allclose(scores[1], 0.25 * of_windows[0] + 0.75 * of_windows[1]));
  EXPECT_TRUE(at::allclose(scores[2], of_windows[2]));
}

TEST(AestheticsOnEmbeddings, PartsOfABatchGiveItsGradientsWithDropout) {
  embeddings::WindowRows windows;
  for (std::int64_t clip = 0; clip < 10; ++clip)
    windows.add_clip(std::vector<std::int64_t>(static_cast<std::size_t>(1 + clip % 3), 5 + clip));
  AestheticsOnEmbeddings model(heads_of(1, 0.3), waves(std::ssize(windows.weight)), windows);
  const at::Tensor labels = at::linspace(1, 5, 20).reshape({10, 2});
  const Objective objective({{.kind = LossKind::kHuber}, {.kind = LossKind::kRanking}}, {{3, 1}, {3, 2}});
  std::vector<std::int64_t> clips(10);
  std::iota(clips.begin(), clips.end(), 0);
  const auto gradients = [&](std::int64_t micro_batch) {
    for (const auto& [name, parameter] : model.named_parameters()) parameter.mutable_grad() = at::Tensor();
    Random random(5);
    accumulate_gradients(model, clips, model.draw_dropout(10, random), micro_batch,
                         [&](const at::Tensor& pred) { return objective(pred, labels); });
    io::StateDict result;
    for (const auto& [name, parameter] : model.named_parameters()) result.emplace(name, parameter.grad());
    return result;
  };
  const io::StateDict whole = gradients(0);
  EXPECT_GT(whole.at("layer_weights.PQ").norm().item<double>(), 0.0);
  for (const auto& [name, gradient] : gradients(3))
    EXPECT_LE((gradient - whole.at(name)).norm().item<double>(), 1e-5 * whole.at(name).norm().item<double>())
        << name;
}

// 24 clips of one to three windows; the labels depend on the second layer.
Dataset layered_dataset() {
  Dataset data = linear_dataset(6);
  for (std::int64_t clip = 0; clip < 24; ++clip)
    data.windows.add_clip(std::vector<std::int64_t>(static_cast<std::size_t>(1 + clip % 3), 100));
  data.embeddings = 0.01 * waves(std::ssize(data.windows.weight));
  for (std::int64_t clip = 0; clip < 24; ++clip)
    for (std::int64_t row = data.windows.first[static_cast<std::size_t>(clip)];
         row < data.windows.first[static_cast<std::size_t>(clip) + 1]; ++row) {
      data.embeddings[row][kDim] = data.labels[clip][0].item<double>() - 3.0;
      data.embeddings[row][kDim + 1] = 1.0;
    }
  data.layers = kLayers;
  data.encoder.embedding_layout = embeddings::kPooledLayers;
  return data;
}

Recipe aesthetics_recipe() {
  Recipe recipe = small_recipe();
  recipe.model.head_kind = HeadKind::kAesthetics;
  recipe.model.aesthetics.projection_layers = 2;
  recipe.seeds = {1};
  recipe.split.folds = 3;
  recipe.trainer.optimizer.learning_rate = 0.01;
  recipe.trainer.max_epochs = 80;
  recipe.trainer.checkpoint_interval_seconds = 0;
  recipe.validate();
  return recipe;
}

TEST(AestheticsOnEmbeddings, LearnsWhatALayerKnows) {
  const Dataset data = layered_dataset();
  const Recipe recipe = aesthetics_recipe();
  const CrossValidation result = cross_validate(recipe, data, make_folds(recipe, data), {});
  const auto variance = data.labels.var(0, /*unbiased=*/false).item<double>();
  const auto mse = (result.out_of_fold - data.labels).square().mean().item<double>();
  EXPECT_LT(mse, 0.1 * variance);
  const FinalModel model = train_final_model(recipe, data, result, {});
  EXPECT_TRUE(model.heads.members.empty());
  auto& run = dynamic_cast<AestheticsRunModel&>(*model.runs.at(0));
  const at::Tensor weights = at::softmax(run.heads().named_parameters().at("layer_weights.mos"), 0);
  EXPECT_GT((weights - 1.0 / kLayers).abs().max().item<double>(), 0.03) << weights;
}

TEST(AestheticsOnEmbeddings, AStoppedRunResumesToTheSameBytes) {
  const Dataset data = layered_dataset();
  Recipe recipe = aesthetics_recipe();
  recipe.trainer.max_epochs = 6;
  recipe.model.aesthetics.dropout = 0.2;
  const TemporaryFolder folder;
  const auto run = [&](const std::string& name, int stop_after) {
    ExecutionOptions options;
    options.threads = 1;
    options.folder = folder.path() / name;
    int epochs = 0;
    options.on_progress = [&](const RunProgress& progress) {
      if (progress.epoch != nullptr && ++epochs == stop_after) throw Error("stopped");
    };
    for (const bool resume : {false, true}) try {
        options.resume = resume;
        return cross_validate(recipe, data, make_folds(recipe, data), options).out_of_fold;
      } catch (const Error&) {
      }
    return at::Tensor();
  };
  const at::Tensor whole = run("whole", 0);
  EXPECT_TRUE(at::equal(run("stopped", 4), whole));
}

}  // namespace
}  // namespace qamro::training
