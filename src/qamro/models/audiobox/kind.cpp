#include <memory>

#include "qamro/models/audiobox/model.h"
#include "qamro/models/audiobox/training.h"
#include "qamro/models/model_kind.h"
#include "qamro/training/recipe.h"

namespace qamro::models {
namespace {

namespace fs = std::filesystem;

// What trains a WavLM, whatever file it comes from.
class WavLmTrainingKind : public ModelKind {
 public:
  void prepare_training(const training::Recipe& recipe, int, EncoderTraining& training,
                        const std::function<void()>& on_clip) const override {
    prepare_wavlm_training(recipe, training, on_clip);
  }
  void save_trained(const fs::path& folder, const EncoderTraining&,
                    training::FinalModel& model) const override {
    save_aesthetics_model(folder, model, nullptr);
  }
};

// Audiobox-Aesthetics: WavLM, and four heads on its pooled layers.
class AudioboxKind : public WavLmTrainingKind {
 public:
  std::string_view name() const override { return "audiobox"; }

  std::optional<fs::path> find(const fs::path& folder) const override {
    if (fs::exists(folder / "config.json") && fs::exists(folder / "model.safetensors"))
      return folder / "model.safetensors";
    if (fs::exists(folder / "checkpoint.pt")) return folder / "checkpoint.pt";
    return std::nullopt;
  }
  std::optional<ModelDescription> describe(const WeightsFile& file) const override {
    return describe_audiobox_file(file);
  }

  ModelParts load(const ModelDescription& model, const Compute& compute) const override {
    return {load_audiobox_encoder(model, kOwnScores, compute),
            std::make_unique<OwnScores>(/*weighs_by_length=*/true)};
  }
  std::unique_ptr<WindowEncoder> load_encoder(const ModelDescription& model, const EncoderChoice& choice,
                                              const Compute& compute) const override {
    return load_audiobox_encoder(model, choice.layout.empty() ? kPooledLayers : choice.layout, compute);
  }
  void describe_embeddings(const ModelDescription& model, const WindowEncoder& encoder,
                           embeddings::EmbeddingSource& source) const override {
    if (encoder.layout() == kPooledLayers)
      source.layers = load_audiobox_model(model).encoder->config().layers + 1;
  }

  std::optional<OwnScoresOfClips> own_scores(const ModelDescription& model,
                                             const training::Dataset& dataset) const override {
    if (dataset.encoder.embedding_layout != kPooledLayers) return std::nullopt;
    return audiobox_own_scores(load_audiobox_model(model), dataset);
  }

  void convert(const ModelDescription& published, const Origin& origin,
               const fs::path& folder) const override {
    AudioboxModel model = load_audiobox_model(published);
    model.name = origin.name;
    model.licence = origin.licence;
    model.provenance = origin.provenance;
    save_audiobox_model(folder, model);
  }

  std::optional<training::HeadKind> own_heads() const override { return training::HeadKind::kAesthetics; }
  void save_heads(const fs::path& folder, const training::Dataset&, training::FinalModel& model,
                  const ModelDescription& encoder) const override {
    save_aesthetics_model(folder, model, &encoder);
  }
};

// One of Microsoft's checkpoints, {"cfg", "model"}, which training may start from.
class WavLmKind : public WavLmTrainingKind {
 public:
  std::string_view name() const override { return kWavLmCheckpoint; }
  std::optional<ModelDescription> describe(const WeightsFile& file) const override {
    return describe_wavlm_checkpoint(file);
  }
};

}  // namespace

const ModelKind& audiobox_kind() {
  static const AudioboxKind kind;
  return kind;
}

const ModelKind& wavlm_kind() {
  static const WavLmKind kind;
  return kind;
}

}  // namespace qamro::models
