#include "qamro/models/encoder_training.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numeric>

#include "encoders/small_network.h"
#include "models/encoder_run.h"
#include "qamro/core/error.h"
#include "qamro/core/random.h"
#include "qamro/core/sha256.h"
#include "qamro/encoders/distillmos/module.h"
#include "qamro/io/safetensors.h"
#include "qamro/models/clip_embedding.h"
#include "qamro/models/clip_encoding.h"
#include "qamro/models/distillmos/training.h"
#include "qamro/models/predictor.h"
#include "qamro/training/fold.h"
#include "qamro/training/gradient_cache.h"
#include "training/synthetic_data.h"

namespace qamro::models {
namespace {

namespace distillmos = encoders::distillmos;
using ::testing::HasSubstr;
using training::message_of;
using training::read_file;

const std::vector<std::int64_t> kChannels = {4, 4, 8, 8, 4, 4};

// 8 clips of noise; louder clips have better labels. The fourth is longer than a window.
void write_clips(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::ofstream labels(folder / "labels.csv");
  labels << "path,system,mos\n";
  for (int clip = 0; clip < 8; ++clip) {
    Random random(static_cast<std::uint64_t>(clip));
    std::vector<float> samples(
        static_cast<std::size_t>(clip == 3 ? 9 * kTrainingRateHz : kTrainingRateHz / 2 + 999 * clip));
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i] =
          static_cast<float>(0.2 * random.uniform() * std::sin(0.01 * (clip + 1) * static_cast<double>(i)));
    write_training_clip(folder / ("c" + std::to_string(clip) + ".wav"), samples);
    labels << "c" << clip << ".wav,s" << clip % 2 << "," << 1 + 0.5 * clip << "\n";
  }
}

void write_encoder(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  io::StateDict state;
  for (const auto& [name, tensor] : distillmos::state_dict(*distillmos::small_network(kChannels)))
    state.emplace(name, tensor.contiguous());
  io::save_safetensors(folder / "model.safetensors", state, {});
  std::ofstream(folder / "model.json")
      << R"({"format_version": 1, "kind": "distillmos", "name": "small", "axes": [{"name": "mos"}]})";
}

struct Setting {
  training::TemporaryFolder folder;
  training::Recipe recipe = encoder_recipe(folder.path());

  Setting() {
    write_clips(folder.path() / "audio");
    write_encoder(folder.path() / "small");
    recipe.split.group = "path";
    recipe.split.kind = training::SplitKind::kHoldout;
    recipe.split.test_fraction = 0.25;
    recipe.model.layout = "layer2.mean";
    recipe.model.head.dropout = 0.25;
    recipe.validate();
  }
};

// A batch of all eight clips with its dropout masks.
class Batch {
 public:
  explicit Batch(DistillMosRunModel& model) : model_(model), clips_(8) {
    std::iota(clips_.begin(), clips_.end(), 0);
    Random random(4);
    masks_ = model.draw_dropout(8, random);
  }
  // Uses re-computation; micro_batch 0: one call.
  io::StateDict gradients(std::int64_t micro_batch) {
    return collect([&] {
      training::accumulate_gradients(model_, clips_, masks_, micro_batch,
                                     [&](const at::Tensor& pred) { return objective_(pred, labels_); });
    });
  }
  // The reference for re-computation: one graph for the whole batch, over the same parts.
  io::StateDict gradients_of_one_graph(std::int64_t part) {
    return collect([&] {
      std::vector<at::Tensor> predictions;
      for (std::int64_t begin = 0; begin < 8; begin += part) {
        const std::int64_t size = std::min<std::int64_t>(part, 8 - begin);
        std::vector<at::Tensor> masks;
        for (const at::Tensor& mask : masks_)
          masks.push_back(mask.defined() ? mask.narrow(0, begin, size) : mask);
        predictions.push_back(model_.forward(
            std::span(clips_).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size)),
            masks));
      }
      objective_(at::cat(predictions), labels_).total.backward();
    });
  }

 private:
  io::StateDict collect(const std::function<void()>& run) {
    for (const auto& [name, parameter] : model_.named_parameters()) parameter.mutable_grad() = at::Tensor();
    run();
    io::StateDict gradients;
    for (const auto& [name, parameter] : model_.named_parameters())
      if (parameter.grad().defined()) gradients.emplace(name, parameter.grad());
    return gradients;
  }

  DistillMosRunModel& model_;
  std::vector<std::int64_t> clips_;
  std::vector<at::Tensor> masks_;
  at::Tensor labels_ = at::linspace(1, 4.5, 8).unsqueeze(1);
  training::Objective objective_{
      {{.kind = training::LossKind::kHuber}, {.kind = training::LossKind::kRanking}}, {{2.75, 1.2}}};
};

TEST(EncoderTraining, MicroBatchesGiveTheGradientsOfTheWholeBatch) {
  const Setting setting;
  const EncoderTraining training = prepare_encoder_training(setting.recipe, 1);
  training::Fold all;
  all.train = {0, 1, 2, 3, 4, 5, 6, 7};
  const auto fold = training::prepare_fold(setting.recipe, training.dataset, all);
  const auto made = training.make_model(3, fold);
  Batch batch(dynamic_cast<DistillMosRunModel&>(*made));
  const io::StateDict whole = batch.gradients(0);
  EXPECT_GT(whole.at("encoder.cnn.cnn.0.weight").norm().item<double>(), 0.0);
  for (const std::int64_t micro_batch : {1, 3}) {
    const io::StateDict parts = batch.gradients(micro_batch);
    EXPECT_LE(relative_difference(parts, batch.gradients_of_one_graph(micro_batch)), 1e-6) << micro_batch;
    // One call for all clips sums in another order, in fp32.
    EXPECT_LE(relative_difference(parts, whole), 5e-6) << micro_batch;
  }
}

// Clip 3 has several windows.
TEST(EncoderTraining, StartsFromTheEmbeddingsThatAFileOfThemHolds) {
  const Setting setting;
  const EncoderTraining training = prepare_encoder_training(setting.recipe, 2);
  const auto& clips = training.clips->clips();
  const auto encoder =
      open_clip_encoder(setting.recipe.model.encoder, Compute(), setting.recipe.model.layout, "", clips, 1);
  const auto embedded = embed_clips(encoder, clips, {});
  EXPECT_GE(embedded.windows.at(3), 2);
  const std::filesystem::path file = setting.folder.path() / "embeddings.safetensors";
  write_embeddings(file, setting.recipe.model.encoder, encoder, Precision::fp32, audio::MonoPolicy::mean,
                   embedded);
  const auto set = embeddings::EmbeddingSet::load(file);
  EXPECT_EQ(set.paths, training.dataset.paths);
  EXPECT_EQ(set.source.encoder.embedding_layout, training.dataset.encoder.embedding_layout);
  EXPECT_TRUE(at::equal(set.embedding, training.dataset.embeddings));
  EXPECT_EQ(set.digests, training.dataset.clip_digests);
  EXPECT_EQ(set.digests.at(3).file, sha256_file(clips[3].path));
  EXPECT_EQ(training.dataset.audio_digests.at(3), set.digests[3].file);
}

TEST(EncoderTraining, APartOfAFileIsNotRememberedAsTheFile) {
  const Setting setting;
  std::vector<data::Clip> clips = prepare_encoder_training(setting.recipe, 1).clips->clips();
  clips.resize(1);
  const auto embed = [&] {
    const std::string& layout = setting.recipe.model.layout;
    return embed_clips(open_clip_encoder(setting.recipe.model.encoder, Compute(), layout, "", clips, 1),
                       clips, {})
        .digests.at(0);
  };
  const data::ClipDigests whole = embed();
  clips[0].end_seconds = 0.15;
  const data::ClipDigests part = embed();
  EXPECT_NE(whole.file, "");
  EXPECT_EQ(part.file, "");
  EXPECT_NE(part.samples, "");
  EXPECT_NE(part.samples, whole.samples);
}

TEST(EncoderTraining, StartsFromTheFrozenEncodersScores) {
  const Setting setting;
  const EncoderTraining training = prepare_encoder_training(setting.recipe, 1);
  training::Fold all;
  all.train = {0, 1, 2, 3, 4, 5, 6, 7};
  const auto fold = training::prepare_fold(setting.recipe, training.dataset, all);
  const auto model = training.make_model(3, fold);
  const heads::Heads heads = training::initial_heads(setting.recipe, 24, 3);
  const at::Tensor scores = training::predict(model->trainable(), all.train, 3);
  EXPECT_TRUE(at::allclose(scores, heads.forward(fold.inputs), 1e-3, 1e-4));
}

TEST(EncoderTraining, DepthFallsFromTheConvolutionsToTheHeads) {
  const auto clips = std::shared_ptr<const AudioClips>();
  const DistillMosRunModel model(distillmos::small_network(), distillmos::EmbeddingLayout::parse("pooled"),
                                 heads::Heads({.input_dim = 24}, {"mos"}, 0), {}, clips);
  EXPECT_EQ(model.depth_of("heads.mos.layers.0.weight"), 0);
  EXPECT_EQ(model.depth_of("encoder.transformer_pool_attn.pool.linear1.weight"), 1);
  EXPECT_EQ(model.depth_of("encoder.transformer_pool_attn.norm_trans.weight"), 1);
  const std::string layers = "encoder.transformer_pool_attn.transformer.transformer_encoder.layers.";
  EXPECT_EQ(model.depth_of(layers + "1.linear1.weight"), 2);
  EXPECT_EQ(model.depth_of(layers + "0.linear1.weight"), 3);
  EXPECT_EQ(model.depth_of("encoder.transformer_pool_attn.transformer.linear_proj.weight"), 4);
  EXPECT_EQ(model.depth_of("encoder.cnn.cnn.10.weight"), 5);
  EXPECT_EQ(model.depth_of("encoder.cnn.cnn.0.weight"), 10);
  for (const auto& [name, parameter] : model.named_parameters()) EXPECT_LE(model.depth_of(name), 10) << name;
}

// Every number of the model that a run saves.
std::string run(const Setting& setting, const std::filesystem::path& folder, std::int64_t stop_after) {
  train_with_a_stop(setting.recipe, folder, stop_after);
  return read_file(folder / "model/model.safetensors") +
         read_file(folder / "model/encoder/model.safetensors");
}

TEST(EncoderTraining, AStoppedRunResumesToTheSameBytes) {
  const Setting setting;
  const std::string whole = run(setting, setting.folder.path() / "whole", 0);
  ASSERT_GT(whole.size(), 10000U);
  for (const std::int64_t epoch : {1, 3})
    EXPECT_TRUE(run(setting, setting.folder.path() / std::to_string(epoch), epoch) == whole) << epoch;
}

TEST(EncoderTraining, TheTrainedModelScoresAsInTraining) {
  Setting setting;
  const EncoderTraining training = prepare_encoder_training(setting.recipe, 1);
  training::ExecutionOptions options;
  options.threads = 1;
  options.make_model = training.make_model;
  const auto folds = training::make_folds(setting.recipe, training.dataset);
  const auto result = training::cross_validate(setting.recipe, training.dataset, folds, options);
  auto model = training::train_final_model(setting.recipe, training.dataset, result, options);
  const std::filesystem::path folder = setting.folder.path() / "model";
  save_trained_model(folder, training, model);

  const std::vector<std::int64_t> clips = {0, 3, 7};
  const at::Tensor expected =
      model.heads.axes[0].target_transform.to_label(training::predict(model.runs[0]->trainable(), clips, 0));
  const auto predictor = models::open_predictor(folder.string());
  std::vector<data::Clip> files;
  for (const std::int64_t clip : clips)
    files.push_back(training.clips->clips()[static_cast<std::size_t>(clip)]);
  models::encode_clips(predictor->encoder(), files, {}, [&](std::size_t index, models::EncodedClip&& clip) {
    EXPECT_EQ(clip.error, "");
    EXPECT_NEAR(predictor->score({clip.vectors, clip.windows})[0],
                expected[static_cast<std::int64_t>(index)].item<double>(), 2e-4);
    return true;
  });
  // Training has changed the encoder.
  const auto before = io::load_safetensors(setting.folder.path() / "small/model.safetensors");
  const auto after = io::load_safetensors(folder / "encoder/model.safetensors");
  EXPECT_FALSE(at::equal(before.at("cnn.cnn.0.weight"), after.at("cnn.cnn.0.weight")));
}

TEST(EncoderTraining, NamesAllBadFilesAtOnce) {
  Setting setting;
  std::filesystem::remove(setting.folder.path() / "audio/c1.wav");
  std::ofstream(setting.folder.path() / "audio/c5.wav") << "text";
  const std::string message = message_of([&] { prepare_encoder_training(setting.recipe, 2); });
  EXPECT_THAT(message, HasSubstr("c1.wav"));
  EXPECT_THAT(message, HasSubstr("c5.wav"));
}

}  // namespace
}  // namespace qamro::models
