#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/models/compute.h"
#include "qamro/models/encoder.h"
#include "qamro/models/model_folder.h"
#include "qamro/models/score_head.h"

namespace qamro::embeddings {
struct EmbeddingSource;
}  // namespace qamro::embeddings

namespace qamro::training {
enum class HeadKind;
struct Dataset;
struct FinalModel;
struct Recipe;
}  // namespace qamro::training

namespace qamro::models {

class FamiliarityMeasure;
struct EncoderTraining;

// What a model scores with. text_encoder: null if no axis reads a prompt.
struct ModelParts {
  std::unique_ptr<WindowEncoder> encoder;
  std::unique_ptr<ScoreHead> head;
  std::unique_ptr<TextEncoder> text_encoder = nullptr;
};

// What an encoder gives, and how it hears; "" means the model's own.
struct EncoderChoice {
  std::string layout;
  std::string audio_policy;
};

// The scores of a model's own heads.
struct OwnScoresOfClips {
  std::vector<std::string> axes;
  std::vector<std::vector<double>> scores;  // [axis][clip], on the model's scale
};

// What a converted model's model.json says about where it comes from.
struct Origin {
  std::string name;
  std::string licence;
  nlohmann::ordered_json provenance;
};

// Everything that qamro does with models of one kind. A new kind is a folder below models/ with such a class,
// and a line in kinds.cpp. The defaults are those of a kind that cannot do it; they throw InvalidInput.
class ModelKind {
 public:
  virtual ~ModelKind() = default;
  // "kind" in model.json.
  virtual std::string_view name() const = 0;
  // Whether a model may have no axes: an encoder alone.
  virtual bool may_lack_axes() const { return false; }
  virtual bool reads_prompts() const { return false; }
  // Whether its model.json has "audio_policy", which --audio-policy replaces.
  virtual bool has_audio_policy() const { return false; }

  // The weights that lie in a folder as they were published.
  virtual std::optional<std::filesystem::path> find(const std::filesystem::path&) const {
    return std::nullopt;
  }
  // A published file as qamro's model.json would describe it; nothing if it is of another kind. Reads
  // settings and names, not numbers. Throws CheckpointError if it is of this kind and incomplete.
  virtual std::optional<ModelDescription> describe(const WeightsFile&) const { return std::nullopt; }

  virtual ModelParts load(const ModelDescription& model, const Compute& compute) const;
  // Throws InvalidInput for a layout that the encoder does not have.
  virtual std::unique_ptr<WindowEncoder> load_encoder(const ModelDescription& model,
                                                      const EncoderChoice& choice,
                                                      const Compute& compute) const;
  virtual std::unique_ptr<TextEncoder> load_text_encoder(const ModelDescription& model) const;
  // What audio is familiar to the model's encoder, whose layouts can be joined with "+"; null if that is not
  // known. Throws FileError and CheckpointError for statistics that are missing or damaged.
  virtual std::shared_ptr<const FamiliarityMeasure> familiarity(const ModelDescription&) const {
    return nullptr;
  }
  // The model whose encoder this one uses, if that is another model: heads alone.
  virtual std::optional<ModelDescription> encoder_of(const ModelDescription&) const { return std::nullopt; }
  // Fills in what a file of embeddings says beside what all of them say: `layers`, `audio_policy`.
  virtual void describe_embeddings(const ModelDescription&, const WindowEncoder&,
                                   embeddings::EmbeddingSource&) const {}
  // The model's own scores of the clips of a data set, from the embeddings that its encoder made; nothing if
  // their layout does not hold what the model's heads read.
  virtual std::optional<OwnScoresOfClips> own_scores(const ModelDescription&,
                                                     const training::Dataset&) const {
    return std::nullopt;
  }

  // Writes a published model as a folder of qamro's.
  virtual void convert(const ModelDescription& published, const Origin& origin,
                       const std::filesystem::path& folder) const;

  // The heads that are trained on this encoder and saved with it as one model; nothing: MLP heads, in a model
  // of their own.
  virtual std::optional<training::HeadKind> own_heads() const { return std::nullopt; }
  // Reads labels and audio to train the encoder along with its heads. See prepare_encoder_training().
  virtual void prepare_training(const training::Recipe& recipe, int threads, EncoderTraining& training,
                                const std::function<void()>& on_clip) const;
  // Writes the trained model as a folder.
  virtual void save_trained(const std::filesystem::path& folder, const EncoderTraining& training,
                            training::FinalModel& model) const;
  // Writes own_heads() that were trained on the frozen encoder's embeddings, with that encoder, as one model.
  virtual void save_heads(const std::filesystem::path& folder, const training::Dataset& dataset,
                          training::FinalModel& model, const ModelDescription& encoder) const;

 protected:
  // Throws InvalidInput: "model 'NAME' of kind KIND: cannot WHAT".
  [[noreturn]] void refuse(const std::string& model, const char* what) const;
};

// All kinds, in the order in which they look at a published file (kinds.cpp).
const std::vector<const ModelKind*>& model_kinds();

// One more kind, which must outlive the process: for programs that link qamro, and tests. Not thread-safe.
void add_model_kind(const ModelKind& kind);

// Null if there is no such kind.
const ModelKind* find_model_kind(std::string_view name);

// Throws CheckpointError that names model.json and the kinds that exist.
const ModelKind& kind_of(const ModelDescription& model);

}  // namespace qamro::models
