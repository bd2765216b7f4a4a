#include <fmt/format.h>

#include <memory>

#include "qamro/core/error.h"
#include "qamro/heads/head_model.h"
#include "qamro/models/batched_encoder.h"
#include "qamro/models/familiarity_measure.h"
#include "qamro/models/model_kind.h"
#include "qamro/models/registry.h"

namespace qamro::models {
namespace {

class MlpScoreHead : public ScoreHead {
 public:
  MlpScoreHead(heads::HeadModel model, bool weighs_by_length)
      : model_(std::move(model)), weighs_by_length_(weighs_by_length) {}

  std::vector<double> score(const WindowVectors& clip) const override {
    const auto scores = model_.predict(mean_row(clip)).to(at::kDouble).contiguous();
    const auto* data = scores.const_data_ptr<double>();
    return {data, data + scores.numel()};
  }
  double share(const WindowVectors& clip) const override {
    return model_.share(mean_row(clip)).item<double>();
  }

 private:
  at::Tensor mean_row(const WindowVectors& clip) const {
    return row_of(clip_vector(clip, weighs_by_length_));
  }

  heads::HeadModel model_;
  bool weighs_by_length_;
};

// MLP heads on the embeddings of another model's encoder.
class HeadsKind : public ModelKind {
 public:
  std::string_view name() const override { return "heads"; }

  ModelParts load(const ModelDescription& description, const Compute& compute) const override {
    auto heads = heads::HeadModel::load(description.folder);
    const auto described = describe_encoder(description.folder, heads.encoder.model);
    const auto measure = kind_of(described).familiarity(described);
    const std::string layout =
        heads.encoder.embedding_layout + (measure ? "+" + measure->layout() : std::string());
    auto encoder = load_encoder_of(heads, description, {layout, ""}, compute);
    const bool weighs_by_length = encoder->weighs_windows_by_length();
    std::unique_ptr<ScoreHead> head = std::make_unique<MlpScoreHead>(std::move(heads), weighs_by_length);
    if (measure) head = with_familiarity(std::move(head), measure, weighs_by_length);
    return {std::move(encoder), std::move(head)};
  }

  std::unique_ptr<WindowEncoder> load_encoder(const ModelDescription& description,
                                              const EncoderChoice& choice,
                                              const Compute& compute) const override {
    const auto heads = heads::HeadModel::load(description.folder);
    const std::string& layout = choice.layout.empty() ? heads.encoder.embedding_layout : choice.layout;
    return load_encoder_of(heads, description, {layout, ""}, compute);
  }

  std::optional<ModelDescription> encoder_of(const ModelDescription& description) const override {
    return describe_encoder(description.folder, heads::HeadModel::load(description.folder).encoder.model);
  }

 private:
  // The encoder that the heads were trained on, from a folder inside the heads' folder or from a model by
  // name. Checks that it is the same encoder.
  static std::unique_ptr<WindowEncoder> load_encoder_of(const heads::HeadModel& heads,
                                                        const ModelDescription& own,
                                                        const EncoderChoice& choice, const Compute& compute) {
    const auto description = describe_encoder(own.folder, heads.encoder.model);
    const auto load = [&] { return kind_of(description).load_encoder(description, choice, compute); };
    return load_verified(description, load, [&](const std::string& found) {
      if (!heads.encoder.sha256.empty() && heads.encoder.sha256 != found)
        throw CheckpointError(
            fmt::format("model '{}': its heads were trained on the encoder '{}' with SHA-256 {}, got {}",
                        own.name, heads.encoder.model, heads.encoder.sha256, found));
    });
  }
};

}  // namespace

const ModelKind& heads_kind() {
  static const HeadsKind kind;
  return kind;
}

}  // namespace qamro::models
