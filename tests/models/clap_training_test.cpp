#include "qamro/models/clap/training.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

#include "encoders/small_clap.h"
#include "models/encoder_run.h"
#include "qamro/training/gradient_cache.h"
#include "training/synthetic_data.h"

namespace qamro::models {
namespace {

// Four clips, of which one has two windows of 10 s; three prompts.
struct ClapSetting {
  training::TemporaryFolder folder;
  std::shared_ptr<ClapClips> clips;

  ClapSetting() {
    training::Recipe recipe;
    recipe.data.audio = folder.path().string();
    training::Dataset dataset;
    for (const double seconds : {0.3, 1.0, 10.4, 2.0}) {
      const std::string name = "c" + std::to_string(dataset.paths.size()) + ".wav";
      std::vector<float> samples(static_cast<std::size_t>(kTrainingRateHz * seconds));
      for (std::size_t i = 0; i < samples.size(); ++i)
        samples[i] =
            static_cast<float>(0.3 * std::sin(0.03 * static_cast<double>((dataset.paths.size() + 1) * i)) *
                               std::sin(1e-4 * static_cast<double>(i)));
      write_training_clip(folder.path() / name, samples);
      dataset.paths.push_back(name);
    }
    clips = std::make_shared<ClapClips>(
        ClapClips{AudioClips(
                      recipe, dataset, 48000, 480000,
                      [](std::int64_t samples) { return audio::fixed_hop_windows(samples, 480000, 480000); },
                      audio::ResamplingMethod::soxr_hq),
                  {{0, 5, 2}, {0, 7, 8, 9, 2}, {0, 100, 2}},
                  {0, 1, 0, 2}});
  }
  ClapRunModel model(training::Crop crop = training::Crop::kAll, double dropout = 0.0) const {
    heads::ClapHeads heads({.embedding_dim = 16, .hidden = {8, 4}, .dropout = dropout}, 3);
    return {encoders::clap::small_clap(), std::move(heads), clips, ClapAudioPolicy::correct, crop};
  }
};

training::Objective objective() {
  return training::Objective({{.kind = training::LossKind::kHuber}, {.kind = training::LossKind::kRanking}},
                             std::vector<heads::TargetTransform>(2));
}

io::StateDict gradients(ClapRunModel& model, const std::vector<at::Tensor>& dropout,
                        std::int64_t micro_batch) {
  const std::vector<std::int64_t> clips = {0, 1, 2, 3};
  const at::Tensor labels = at::tensor({1.0F, 2.0F, 4.0F, 1.5F, 2.0F, 5.0F, 3.0F, 3.0F}).view({4, 2});
  const auto loss = objective();
  training::accumulate_gradients(model, clips, dropout, micro_batch,
                                 [&](const at::Tensor& pred) { return loss(pred, labels); });
  io::StateDict found;
  for (const auto& [name, parameter] : model.named_parameters()) found.emplace(name, parameter.grad());
  return found;
}

TEST(ClapRunModel, EveryParameterLearnsAndABatchInPartsGivesTheSame) {
  const ClapSetting setting;
  ClapRunModel whole = setting.model(training::Crop::kRandom, 0.3);
  ClapRunModel parts = setting.model(training::Crop::kRandom, 0.3);
  Random random(5);
  const auto dropout = whole.draw_dropout(4, random);
  const auto expected = gradients(whole, dropout, 0), found = gradients(parts, dropout, 1);
  double largest = 0.0;
  for (const auto& [name, gradient] : expected) {
    ASSERT_TRUE(gradient.defined()) << name;
    largest = std::max(largest, gradient.abs().max().item<double>());
  }
  ASSERT_GT(largest, 0.0);
  for (const auto& [name, gradient] : expected)
    EXPECT_LE((found.at(name) - gradient).abs().max().item<double>(), 1e-5 * largest) << name;
}

TEST(ClapRunModel, AClipsScoresDependOnItAlone) {
  const ClapSetting setting;
  ClapRunModel model = setting.model();
  const at::Tensor together = training::predict(model, std::vector<std::int64_t>{0, 1, 2, 3}, 0);
  for (std::int64_t clip = 0; clip < 4; ++clip) {
    const at::Tensor alone = training::predict(model, std::vector<std::int64_t>{clip}, 0);
    EXPECT_LE((alone[0] - together[clip]).abs().max().item<double>(), 1e-6) << clip;
  }
  EXPECT_GT((together[0] - together[3]).abs().max().item<double>(), 1e-4);
}

TEST(ClapRunModel, RunningStatisticsStay) {
  const ClapSetting setting;
  ClapRunModel model = setting.model();
  Random random(1);
  gradients(model, model.draw_dropout(4, random), 0);
  const auto& norm = model.encoder()->audio_branch->bn0;
  EXPECT_TRUE((norm->running_mean == -30).all().item<bool>());
  EXPECT_TRUE((norm->running_var == 400).all().item<bool>());
  EXPECT_TRUE(norm->weight.grad().defined());
}

TEST(ClapRunModel, CropsMoveWithTheirPlace) {
  const ClapSetting setting;
  ClapRunModel model = setting.model(training::Crop::kRandom);
  Random random(1);
  auto dropout = model.draw_dropout(1, random);
  const auto score_at = [&](double place) {
    dropout.back().fill_(place);
    const at::NoGradGuard no_grad;
    return model.forward(std::vector<std::int64_t>{2}, dropout);
  };
  EXPECT_TRUE(at::equal(score_at(0.1), score_at(0.1)));
  EXPECT_FALSE(at::equal(score_at(0.1), score_at(0.9)));
}

TEST(ClapRunModel, DepthsGrowFromTheHeadsToTheInput) {
  const ClapSetting setting;
  const ClapRunModel model = setting.model();
  const auto depth = [&](const std::string& name) {
    EXPECT_TRUE(model.named_parameters().contains(name)) << name;
    return model.depth_of(name);
  };
  EXPECT_EQ(depth("heads.overall_mlp_layer1.weight"), 0);
  EXPECT_EQ(depth("encoder.audio_projection.0.weight"), 1);
  EXPECT_EQ(depth("encoder.audio_branch.norm.weight"), 1);
  EXPECT_EQ(depth("encoder.text_branch.pooler.dense.weight"), 1);
  EXPECT_EQ(depth("encoder.audio_branch.layers.1.blocks.0.mlp.fc1.weight"), 2);
  EXPECT_EQ(depth("encoder.audio_branch.layers.0.downsample.norm.weight"), 3);
  EXPECT_EQ(depth("encoder.audio_branch.layers.0.blocks.1.mlp.fc1.weight"), 3);
  EXPECT_EQ(depth("encoder.audio_branch.layers.0.blocks.0.mlp.fc1.weight"), 4);
  EXPECT_EQ(depth("encoder.audio_branch.patch_embed.proj.weight"), 5);
  EXPECT_EQ(depth("encoder.audio_branch.bn0.weight"), 5);
  EXPECT_EQ(depth("encoder.text_branch.encoder.layer.1.output.dense.weight"), 2);
  EXPECT_EQ(depth("encoder.text_branch.encoder.layer.0.output.dense.weight"), 3);
  EXPECT_EQ(depth("encoder.text_branch.embeddings.LayerNorm.weight"), 4);
}

}  // namespace
}  // namespace qamro::models
