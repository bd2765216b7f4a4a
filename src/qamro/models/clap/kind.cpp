#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <memory>

#include "qamro/core/error.h"
#include "qamro/models/audiobox/model.h"
#include "qamro/models/batched_encoder.h"
#include "qamro/models/clap/encoder.h"
#include "qamro/models/clap/model.h"
#include "qamro/models/clap/training.h"
#include "qamro/models/model_kind.h"
#include "qamro/training/recipe.h"

namespace qamro::models {
namespace {

namespace fs = std::filesystem;

// The paper's heads on CLAP: the mean embedding of the clip's windows and the embedding of its prompt.
class ClapScoreHead : public ScoreHead {
 public:
  ClapScoreHead(heads::ClapHeads heads, std::vector<heads::HeadAxis> axes)
      : heads_(std::move(heads)), axes_(std::move(axes)) {}

  std::vector<double> score(const WindowVectors& clip) const override {
    const c10::InferenceMode guard;
    const at::Tensor audio = row_of(clip_vector(clip, /*weighs_by_length=*/true));
    const at::Tensor text = clip.prompt.empty() ? at::Tensor() : row_of(clip.prompt);
    const at::Tensor scores = to_labels(axes_, heads_.forward(audio, text)).contiguous();
    const auto* data = scores.const_data_ptr<double>();
    return {data, data + scores.numel()};
  }

 private:
  heads::ClapHeads heads_;
  std::vector<heads::HeadAxis> axes_;
};

// LAION-CLAP, alone or with the paper's two heads.
class ClapKind : public ModelKind {
 public:
  std::string_view name() const override { return "clap"; }
  bool may_lack_axes() const override { return true; }
  bool reads_prompts() const override { return true; }
  bool has_audio_policy() const override { return true; }

  std::optional<fs::path> find(const fs::path& folder) const override { return find_clap_file(folder); }
  std::optional<ModelDescription> describe(const WeightsFile& file) const override {
    return describe_clap_file(file);
  }

  ModelParts load(const ModelDescription& description, const Compute& compute) const override {
    auto model = load_clap_model(description);
    if (!model.heads)
      throw InvalidInput(fmt::format(
          "model '{}': it gives embeddings ('qamro embed') to train heads on ('qamro train'), but has no heads, so no scores",
          description.name));
    return {make_clap_audio_encoder(model.encoder, model.audio_policy, kClapAudio, compute),
            std::make_unique<ClapScoreHead>(std::move(*model.heads), std::move(model.axes)),
            make_clap_text_encoder(model.encoder, description.unopened())};
  }

  std::unique_ptr<WindowEncoder> load_encoder(const ModelDescription& description,
                                              const EncoderChoice& choice,
                                              const Compute& compute) const override {
    ModelDescription chosen = description;
    if (!choice.audio_policy.empty()) chosen.document["audio_policy"] = choice.audio_policy;
    auto model = load_clap_model(chosen);
    return make_clap_audio_encoder(std::move(model.encoder), model.audio_policy,
                                   choice.layout.empty() ? kClapAudio : choice.layout, compute);
  }

  std::unique_ptr<TextEncoder> load_text_encoder(const ModelDescription& description) const override {
    return make_clap_text_encoder(load_clap_model(description).encoder, description.unopened());
  }

  void describe_embeddings(const ModelDescription&, const WindowEncoder& encoder,
                           embeddings::EmbeddingSource& source) const override {
    const bool is_published = encoder.resampling() == audio::ResamplingMethod::none;
    source.audio_policy = name_of(is_published ? ClapAudioPolicy::published : ClapAudioPolicy::correct);
  }

  void convert(const ModelDescription& published, const Origin& origin,
               const fs::path& folder) const override {
    ClapModel model = load_clap_model(published);
    model.name = origin.name;
    model.licence = origin.licence;
    model.provenance = origin.provenance;
    save_clap_model(folder, model);
  }

  std::optional<training::HeadKind> own_heads() const override { return training::HeadKind::kClap; }
  void prepare_training(const training::Recipe& recipe, int, EncoderTraining& training,
                        const std::function<void()>& on_clip) const override {
    prepare_clap_training(recipe, training, on_clip);
  }
  void save_trained(const fs::path& folder, const EncoderTraining& training,
                    training::FinalModel& model) const override {
    save_clap_training(folder, training.dataset, model, training.encoder, /*with_encoder=*/true);
  }
  void save_heads(const fs::path& folder, const training::Dataset& dataset, training::FinalModel& model,
                  const ModelDescription& encoder) const override {
    save_clap_training(folder, dataset, model, encoder, /*with_encoder=*/false);
  }
};

}  // namespace

const ModelKind& clap_kind() {
  static const ClapKind kind;
  return kind;
}

}  // namespace qamro::models
