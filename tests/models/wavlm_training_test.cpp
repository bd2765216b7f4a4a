#include "qamro/models/audiobox/training.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numeric>

#include "models/encoder_run.h"
#include "models/quick_wavlm.h"
#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/embeddings/window_rows.h"
#include "qamro/models/audiobox/model.h"
#include "qamro/training/fold.h"
#include "qamro/training/gradient_cache.h"
#include "qamro/training/heads_on_embeddings.h"
#include "training/synthetic_data.h"

namespace qamro::models {
namespace {

namespace wavlm = encoders::wavlm;
using ::testing::HasSubstr;
using training::message_of;
using training::read_file;

constexpr std::int64_t kClips = 6;

// Tones of 0.2 to 1.3 s, so that some clips have two or three windows of half a second.
void write_tones(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::ofstream labels(folder / "labels.csv");
  labels << "path,PQ,CE\n";
  for (int clip = 0; clip < kClips; ++clip) {
    std::vector<float> samples(static_cast<std::size_t>(kTrainingRateHz / 5 + clip * 3521));
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i] =
          static_cast<float>((0.1 + 0.05 * clip) * std::sin(0.05 * (clip + 1) * static_cast<double>(i)));
    const std::string name = "w" + std::to_string(clip) + ".wav";
    write_training_clip(folder / name, samples);
    labels << name << "," << 2 + clip << "," << 8 - clip % 3 << "\n";
  }
}

heads::HeadAxis axis_named(const char* name) {
  heads::HeadAxis axis;
  axis.name = name;
  return axis;
}

struct WavLmSetting {
  training::TemporaryFolder folder;
  training::Recipe recipe = encoder_recipe(folder.path());

  WavLmSetting() {
    write_tones(folder.path() / "audio");
    const std::vector<std::string> axes = {"PQ", "CE"};
    models::save_audiobox_model(folder.path() / "small",
                                {"small",
                                 "",
                                 "",
                                 wavlm::small_wavlm(),
                                 heads::AestheticsHeads({.dim = 24, .layers = 3, .nth_layer = 3}, axes, 1),
                                 {axis_named("PQ"), axis_named("CE")}});
    recipe.data.axes = recipe.data.label_columns = axes;
    recipe.data.label_scale = recipe.data.output_scale = {1, 10};
    recipe.split = {.kind = training::SplitKind::kHoldout, .test_fraction = 0.34};
    recipe.model.head_kind = training::HeadKind::kAesthetics;
    recipe.model.aesthetics.projection_layers = 2;
    recipe.validate();
  }
  training::PreparedFold whole(const EncoderTraining& training) const {
    training::Fold all;
    all.train.resize(kClips);
    std::iota(all.train.begin(), all.train.end(), 0);
    return training::prepare_fold(recipe, training.dataset, all);
  }
};

std::vector<std::int64_t> all_clips() {
  std::vector<std::int64_t> clips(kClips);
  std::iota(clips.begin(), clips.end(), 0);
  return clips;
}

// The gradients of one batch. Dropout and crops come from one seed.
io::StateDict gradients(training::TrainableModel& model, std::int64_t micro_batch, bool with_dropout) {
  const training::Objective objective(
      {{.kind = training::LossKind::kHuber}, {.kind = training::LossKind::kRanking}}, {{4, 2}, {7, 1}});
  const at::Tensor labels = at::linspace(2, 8, 2 * kClips).view({kClips, 2});
  for (const auto& [name, parameter] : model.named_parameters()) parameter.mutable_grad() = at::Tensor();
  Random random(8);
  const auto dropout = with_dropout ? model.draw_dropout(kClips, random) : std::vector<at::Tensor>();
  training::accumulate_gradients(model, all_clips(), dropout, micro_batch,
                                 [&](const at::Tensor& pred) { return objective(pred, labels); });
  io::StateDict result;
  for (const auto& [name, parameter] : model.named_parameters())
    result.emplace(name, parameter.grad().clone());
  return result;
}

TEST(WavLmTraining, PartsOfABatchReplayItsDropoutAndCrops) {
  WavLmSetting setting;
  for (const auto crop : {training::Crop::kAll, training::Crop::kRandom}) {
    setting.recipe.data.crop = crop;
    setting.recipe.model.aesthetics.dropout = 0.2;
    const EncoderTraining training = prepare_encoder_training(setting.recipe, 1);
    const auto model = training.make_model(3, setting.whole(training));
    const io::StateDict whole = gradients(model->trainable(), 0, true);
    EXPECT_GT(whole.at("encoder.feature_extractor.conv_layers.0.0.weight").norm().item<double>(), 0.0);
    for (const std::int64_t part : {1, 4})
      EXPECT_LE(relative_difference(gradients(model->trainable(), part, true), whole), 2e-5) << part;
    // Shows that the test would notice missing dropout.
    EXPECT_GE(relative_difference(gradients(model->trainable(), 0, false), whole), 1e-2);
  }
}

TEST(WavLmTraining, HeadsOnCachedLayersTrainAsThroughTheFrozenEncoder) {
  WavLmSetting setting;
  const EncoderTraining training = prepare_encoder_training(setting.recipe, 1);
  const auto fold = setting.whole(training);
  const auto through = training.make_model(3, fold);
  // As written by `qamro embed --layout pooled_layers`: every window of every clip.
  const auto encoder = models::load_audiobox_model(training.encoder).encoder;
  std::vector<at::Tensor> pooled;
  embeddings::WindowRows windows;
  const at::NoGradGuard no_grad;
  for (std::int64_t clip = 0; clip < kClips; ++clip) {
    const ClipWindows audio = training.clips->load(clip);
    windows.add_clip(audio.valid_samples);
    for (std::int64_t i = 0; i < audio.samples.size(0); ++i) {
      const std::int64_t valid = audio.valid_samples[static_cast<std::size_t>(i)];
      pooled.push_back(
          wavlm::pool_layers(encoder->forward(audio.samples.narrow(0, i, 1).narrow(1, 0, valid), {{valid}})));
    }
  }
  EXPECT_GT(std::ssize(pooled), kClips);
  training::AestheticsOnEmbeddings cached(training::initial_aesthetics_heads(setting.recipe, 3, 24, 3),
                                          at::cat(pooled), windows);
  training::TrainerOptions options = setting.recipe.trainer;
  options.max_epochs = 5;
  options.batch_size = 4;
  {
    const at::AutoGradMode grad(true);
    training::fit(cached, fold.train, {}, fold.transforms, {1, 10}, options, 5);
    options.optimizer.parameter_groups = {{"^encoder", 0.0}};
    training::fit(through->trainable(), fold.train, {}, fold.transforms, {1, 10}, options, 5);
  }
  io::StateDict trained;
  for (const auto& [name, tensor] : through->trainable().named_parameters())
    if (name.starts_with("heads.")) trained.emplace(name.substr(6), tensor);
  const io::StateDict start = training::initial_aesthetics_heads(setting.recipe, 3, 24, 3).named_parameters();
  EXPECT_LE(relative_difference(trained, cached.named_parameters()), 1e-4);
  EXPECT_GE(relative_difference(start, cached.named_parameters()), 1e-3);
}

TEST(WavLmTraining, DepthFallsFromTheConvolutionsToTheHeads) {
  const WavLmRunModel model(wavlm::small_wavlm(),
                            heads::AestheticsHeads({.dim = 24, .layers = 3, .nth_layer = 3}, {"PQ"}, 0),
                            nullptr, training::Crop::kAll);
  EXPECT_EQ(model.depth_of("heads.proj_layer.PQ.0.weight"), 0);
  EXPECT_EQ(model.depth_of("encoder.encoder.layers.1.fc1.weight"), 1);
  EXPECT_EQ(model.depth_of("encoder.encoder.layers.0.fc1.weight"), 2);
  EXPECT_EQ(model.depth_of("encoder.encoder.pos_conv.0.weight_v"), 3);
  EXPECT_EQ(model.depth_of("encoder.post_extract_proj.weight"), 3);
  EXPECT_EQ(model.depth_of("encoder.feature_extractor.conv_layers.3.0.weight"), 4);
  EXPECT_EQ(model.depth_of("encoder.feature_extractor.conv_layers.0.0.weight"), 7);
  EXPECT_FALSE(model.named_parameters().contains("encoder.mask_emb"));
}

TEST(WavLmTraining, RmsNormalisationLevelsLoudnessAndIsRecorded) {
  const auto module = wavlm::small_wavlm();
  const at::Tensor quiet = 0.01 * at::linspace(0, 300, 8000).sin().unsqueeze(0);
  const at::NoGradGuard no_grad;
  const auto pooled = [&](const at::Tensor& audio) {
    return wavlm::pool_layers(module->forward(audio, {{8000}}));
  };
  const at::Tensor plain = pooled(quiet);
  module->normalise_rms(true);
  EXPECT_TRUE(at::allclose(pooled(quiet), pooled(20 * quiet), 1e-3, 1e-4));
  const auto rms = quiet.to(at::kDouble).square().mean().add(1e-9).sqrt().item<double>();
  const at::Tensor levelled = pooled(quiet);
  module->normalise_rms(false);
  EXPECT_TRUE(at::allclose(levelled, pooled(quiet / rms), 1e-4, 1e-5));
  EXPECT_FALSE(at::allclose(levelled, plain, 1e-3, 1e-4));

  WavLmSetting setting;
  setting.recipe.model.normalise_rms = true;
  const EncoderTraining training = prepare_encoder_training(setting.recipe, 1);
  training::FinalModel model;
  model.runs.push_back(training.make_model(3, setting.whole(training)));
  model.heads.axes = {axis_named("PQ"), axis_named("CE")};
  save_aesthetics_model(setting.folder.path() / "model", model, nullptr);
  const auto saved = models::load_audiobox_model(models::read_model_folder(setting.folder.path() / "model"));
  EXPECT_TRUE(saved.encoder->config().normalise_rms);
}

// Every number of the model that a run saves.
std::string run_wavlm(const WavLmSetting& setting, const std::filesystem::path& folder,
                      std::int64_t stop_after) {
  train_with_a_stop(setting.recipe, folder, stop_after);
  return read_file(folder / "model/model.safetensors");
}

TEST(WavLmTraining, AStoppedRunResumesToTheSameBytes) {
  WavLmSetting setting;
  setting.recipe.data.crop = training::Crop::kRandom;
  const std::string whole = run_wavlm(setting, setting.folder.path() / "whole", 0);
  ASSERT_GT(whole.size(), 10000U);
  for (const std::int64_t epoch : {1, 3})
    EXPECT_TRUE(run_wavlm(setting, setting.folder.path() / std::to_string(epoch), epoch) == whole) << epoch;
}

TEST(WavLmTraining, KnowsItsClips) {
  const WavLmSetting setting;
  const training::Dataset dataset = prepare_encoder_training(setting.recipe, 1).dataset;
  ASSERT_EQ(std::ssize(dataset.clip_digests), kClips);
  const std::filesystem::path file = setting.folder.path() / "audio/w4.wav";
  audio::AudioReader reader(file);
  reader.hash_samples();
  EXPECT_EQ(dataset.clip_digests[4], (data::ClipDigests{sha256_file(file), reader.samples_sha256()}));
  EXPECT_EQ(dataset.audio_digests[4], sha256_file(file));
}

TEST(WavLmTraining, TheSavedModelHoldsWhatWasTrained) {
  const WavLmSetting setting;
  run_wavlm(setting, setting.folder.path() / "run", 0);
  const auto model =
      models::load_audiobox_model(models::read_model_folder(setting.folder.path() / "run/model"));
  EXPECT_EQ(model.axes.at(1).name, "CE");
  EXPECT_NEAR(model.axes[0].target_transform.mean, 4.5, 1e-9);  // of the labels 2 to 7
  EXPECT_EQ(model.axes[0].scale[1], 10.0);
  const auto before = wavlm::small_wavlm()->named_parameters();
  const auto after = model.encoder->named_parameters();
  EXPECT_FALSE(at::equal(before["encoder.layers.0.fc1.weight"], after["encoder.layers.0.fc1.weight"]));
}

TEST(WavLmTraining, RefusesWhatItCannotTrain) {
  WavLmSetting setting;
  setting.recipe.model.head_kind = training::HeadKind::kMlp;
  EXPECT_THAT(message_of([&] { prepare_encoder_training(setting.recipe, 1); }),
              HasSubstr("model.head_kind: expected \"aesthetics\""));
  setting.recipe.model.head_kind = training::HeadKind::kAesthetics;
  std::filesystem::remove(setting.folder.path() / "audio/w1.wav");
  std::ofstream(setting.folder.path() / "audio/w5.wav") << "text";
  const std::string message = message_of([&] { prepare_encoder_training(setting.recipe, 1); });
  EXPECT_THAT(message, HasSubstr("w1.wav"));
  EXPECT_THAT(message, HasSubstr("w5.wav"));
}

}  // namespace
}  // namespace qamro::models
