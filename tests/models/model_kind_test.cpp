#include "qamro/models/model_kind.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sndfile.h>

#include <cmath>
#include <fstream>

#include "audio/sound_file.h"
#include "qamro/core/error.h"
#include "qamro/heads/head_model.h"
#include "qamro/io/safetensors.h"
#include "qamro/models/clip_embedding.h"
#include "qamro/models/clip_encoding.h"
#include "qamro/models/encoder_training.h"
#include "qamro/models/model_conversion.h"
#include "qamro/models/predictor.h"
#include "qamro/models/registry.h"
#include "qamro/training/run_model.h"
#include "training/synthetic_data.h"

namespace qamro::models {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using training::message_of;
using training::TemporaryFolder;

constexpr int kToyRate = 16000;

// Hears a window's mean level, times a gain that is its only weight. Layout "level": [level, 1]; "score": the
// score.
class ToyEncoder : public WindowEncoder {
 public:
  ToyEncoder(double gain, bool gives_score) : gain_(gain), gives_score_(gives_score) {}
  int sample_rate_hz() const override { return kToyRate; }
  std::vector<audio::Window> windows(std::int64_t samples) const override {
    return audio::fixed_hop_windows(samples, kToyRate, kToyRate);
  }
  std::int64_t dimension() const override { return gives_score_ ? 1 : 2; }
  std::string layout() const override { return gives_score_ ? "score" : "level"; }
  std::vector<float> encode(std::span<const float> samples) const override {
    double sum = 0;
    for (const float sample : samples) sum += std::abs(sample);
    const auto level = static_cast<float>(gain_ * sum / static_cast<double>(samples.size()));
    return gives_score_ ? std::vector{1 + level} : std::vector{level, 1.0F};
  }

 private:
  double gain_;
  bool gives_score_;
};

// Everything that a kind has to say, in one class.
class ToyKind : public ModelKind {
 public:
  std::string_view name() const override { return "toy"; }

  std::optional<fs::path> find(const fs::path& folder) const override {
    return fs::exists(folder / "toy.pt") ? std::optional(folder / "toy.pt") : std::nullopt;
  }
  std::optional<ModelDescription> describe(const WeightsFile& file) const override {
    if (file.path().filename() != "toy.pt") return std::nullopt;
    ModelDescription model;
    model.name = "published toy";
    model.kind = name();
    model.folder = file.path().parent_path();
    model.weights = file.path();
    model.axes = {{"mos", 1, 5}};
    return model;
  }
  ModelParts load(const ModelDescription& model, const Compute&) const override {
    return {std::make_unique<ToyEncoder>(gain_of(model), true), std::make_unique<OwnScores>(false)};
  }
  std::unique_ptr<WindowEncoder> load_encoder(const ModelDescription& model, const EncoderChoice&,
                                              const Compute&) const override {
    return std::make_unique<ToyEncoder>(gain_of(model), false);
  }
  void convert(const ModelDescription& published, const Origin& origin,
               const fs::path& folder) const override {
    write(folder, gain_of(published), origin.name);
  }
  void prepare_training(const training::Recipe& recipe, int, EncoderTraining& training,
                        const std::function<void()>& on_clip) const override {
    const std::shared_ptr<const WindowEncoder> encoder = load_encoder(training.encoder, {}, Compute());
    training.clips = std::make_shared<AudioClips>(
        recipe, training.dataset, kToyRate, kToyRate,
        [](std::int64_t samples) { return audio::fixed_hop_windows(samples, kToyRate, kToyRate); });
    const auto embedded =
        embed_clips({encoder}, training.clips->clips(), {}, [&](const auto&) { on_clip(); });
    training.dataset.embeddings = at::tensor(embedded.values).view({embedded.rows(), embedded.dimension});
    training.dataset.encoder = {training.encoder.folder.string(), "", "level", kToyRate, "mean"};
    training.make_model = training::heads_on_embeddings_factory(recipe, training.dataset);
  }
  void save_trained(const fs::path& folder, const EncoderTraining&,
                    training::FinalModel& model) const override {
    model.heads.save(folder);
  }

  static void write(const fs::path& folder, double gain, const std::string& model_name) {
    heads::write_model_files(folder, {{"gain", at::tensor(gain)}}, [&](const std::string& sha256) {
      return nlohmann::ordered_json{{"format_version", 1},
                                    {"name", model_name},
                                    {"kind", "toy"},
                                    {"sha256", sha256},
                                    {"axes", {{{"name", "mos"}}}}};
    });
  }

 private:
  static double gain_of(const ModelDescription& model) {
    if (model.weights.extension() == ".pt") return 10;  // the toy's published file is empty
    return model.tensors().at("gain").item<double>();
  }
};

const ToyKind& registered_toy() {
  static const ToyKind kind;
  static const bool is_added = [] {
    add_model_kind(kind);
    return true;
  }();
  (void)is_added;
  return kind;
}

class ToyModel : public ::testing::Test {
 protected:
  void SetUp() override {
    registered_toy();
    ToyKind::write(folder_.path() / "toy", 10, "my toy");
    fs::create_directories(folder_.path() / "audio");
    std::ofstream labels(folder_.path() / "audio/labels.csv");
    labels << "path,system,mos\n";
    for (int clip = 0; clip < 8; ++clip) {
      const std::string name = "t" + std::to_string(clip) + ".wav";
      const auto noise = test::noise(kToyRate, 1, 0.04F * static_cast<float>(clip + 1));
      fs::copy_file(test::write_sound(name, noise, kToyRate, 1, SF_FORMAT_WAV | SF_FORMAT_FLOAT),
                    folder_.path() / "audio" / name);
      clips_.push_back(data::Clip{});
      clips_.back().path = folder_.path() / "audio" / name;
      clips_.back().path_as_given = name;
      labels << name << ",s" << clip % 2 << "," << 1 + 0.5 * clip << "\n";
    }
  }

  std::string model() const { return (folder_.path() / "toy").string(); }
  double score_of(const Predictor& predictor, std::size_t clip) const {
    double score = 0;
    encode_clips(predictor.encoder(), std::span(clips_).subspan(clip, 1), {},
                 [&](std::size_t, EncodedClip&& found) {
                   score = predictor.score({found.vectors, found.windows}).at(0);
                   return true;
                 });
    return score;
  }

  TemporaryFolder folder_;
  std::vector<data::Clip> clips_;
};

TEST_F(ToyModel, Scores) {
  const auto predictor = open_predictor(model());
  EXPECT_EQ(predictor->description().kind, "toy");
  EXPECT_GT(score_of(*predictor, 7), score_of(*predictor, 0));
  EXPECT_GT(score_of(*predictor, 0), 1);
}

TEST_F(ToyModel, EmbedsWithItsLayoutAndName) {
  const auto encoder = open_clip_encoder(model(), Compute(), "", "", clips_, 1);
  const auto embeddings = embed_clips(encoder, clips_, {});
  const fs::path file = folder_.path() / "embeddings.safetensors";
  write_embeddings(file, model(), encoder, Precision::fp32, audio::MonoPolicy::mean, embeddings);
  EXPECT_EQ(io::load_safetensors(file).at("embedding").sizes(), (std::vector<std::int64_t>{8, 2}));
}

TEST_F(ToyModel, IsDescribedVerifiedAndConverted) {
  EXPECT_EQ(describe_model(model()).name, "my toy");
  const auto verified = verify_model(model());
  EXPECT_EQ(verified.weights.size(), 1U);
  EXPECT_EQ(verified.weights.front().sha256_is_from, "model.json");
  EXPECT_EQ(verified.scores.size(), 1U);
  fs::create_directories(folder_.path() / "published");
  std::ofstream(folder_.path() / "published/toy.pt") << "";
  const auto converted = convert_model((folder_.path() / "published").string(), folder_.path() / "converted");
  EXPECT_EQ(converted.name, "converted");
  EXPECT_EQ(score_of(*open_predictor((folder_.path() / "converted").string()), 3),
            score_of(*open_predictor(model()), 3));
}

TEST_F(ToyModel, IsTrainedAndItsHeadsScore) {
  training::Recipe recipe = training::small_recipe();
  recipe.data.embeddings.clear();
  recipe.data.audio = (folder_.path() / "audio").string();
  recipe.data.labels = (folder_.path() / "audio/labels.csv").string();
  recipe.split.group = "path";
  recipe.split.kind = training::SplitKind::kHoldout;
  recipe.split.test_fraction = 0.25;
  recipe.model.encoder = model();
  recipe.seeds = {3};
  recipe.trainer.max_epochs = 30;
  recipe.validate();
  const EncoderTraining training = prepare_encoder_training(recipe, 1, [] {});
  training::ExecutionOptions options;
  options.make_model = training.make_model;
  const auto folds = training::make_folds(recipe, training.dataset);
  const auto result = training::cross_validate(recipe, training.dataset, folds, options);
  auto final_model = training::train_final_model(recipe, training.dataset, result, options);
  save_trained_model(folder_.path() / "trained", training, final_model);
  const auto predictor = open_predictor((folder_.path() / "trained").string());
  EXPECT_EQ(predictor->description().kind, "heads");
  EXPECT_GT(score_of(*predictor, 7), score_of(*predictor, 0));
}

// What a kind does not do is refused with the model's name and kind.
class MuteKind : public ModelKind {
 public:
  std::string_view name() const override { return "mute"; }
};

TEST(ModelKind, RefusesWhatItCannotDo) {
  const MuteKind kind;
  ModelDescription model;
  model.name = "m";
  EXPECT_THAT(message_of([&] { kind.load(model, {}); }),
              HasSubstr("model 'm': models of kind mute score nothing"));
  EXPECT_THAT(message_of([&] { kind.load_encoder(model, {}, {}); }), HasSubstr("give no embeddings"));
  EXPECT_THAT(message_of([&] { kind.load_text_encoder(model); }), HasSubstr("which reads prompts"));
  EXPECT_THAT(message_of([&] { kind.convert(model, {}, "x"); }), HasSubstr("cannot be converted"));
}

TEST(ModelKind, OfAnUnknownNameIsRefusedWithTheKnownOnes) {
  ModelDescription model;
  model.folder = "some";
  model.kind = "unheard";
  EXPECT_EQ(find_model_kind("unheard"), nullptr);
  EXPECT_THAT(message_of([&] { kind_of(model); }), HasSubstr("some/model.json: kind: expected one of"));
  EXPECT_THAT(message_of([&] { kind_of(model); }),
              HasSubstr("distillmos, clap, wavlm, audiobox, got 'unheard'"));
}

}  // namespace
}  // namespace qamro::models
