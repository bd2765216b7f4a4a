#include <ATen/ATen.h>

#include <memory>

#include "qamro/core/version.h"
#include "qamro/encoders/distillmos/config.h"
#include "qamro/encoders/distillmos/module.h"
#include "qamro/heads/head_model.h"
#include "qamro/io/pickle_value.h"
#include "qamro/io/state_dict.h"
#include "qamro/models/distillmos/encoder.h"
#include "qamro/models/distillmos/training.h"
#include "qamro/models/familiarity_measure.h"
#include "qamro/models/model_kind.h"
#include "qamro/training/dataset.h"

namespace qamro::models {
namespace {

using Json = nlohmann::ordered_json;
namespace distillmos = encoders::distillmos;

// Distill-MOS, {"model": {"cnn.cnn.0.weight", …}}: an encoder whose layout "mos" is its own score.
class DistillMosKind : public ModelKind {
 public:
  std::string_view name() const override { return "distillmos"; }

  std::optional<ModelDescription> describe(const WeightsFile& file) const override {
    if (file.is_safetensors() || !holds_distillmos(file)) return std::nullopt;
    ModelDescription model;
    model.name = file.path().stem().string();
    model.kind = name();
    model.summary = "Distill-MOS with its own head: overall quality of speech";
    model.folder = std::filesystem::absolute(file.path()).lexically_normal().parent_path();
    model.weights = file.path();
    model.axes = {{"mos", 1, 5}};
    model.document = {{"format_version", 1},
                      {"name", model.name},
                      {"summary", model.summary},
                      {"kind", model.kind},
                      {"weights", file.path().filename().string()},
                      {"axes", Json::array({Json{{"name", "mos"}, {"scale", {1, 5}}}})},
                      {"sample_rate_hz", model.sample_rate_hz},
                      {"window_samples", distillmos::DistillMosConfig::kWindowSamples},
                      {"hop_samples", 16000},
                      {"mono_policy", "mean"}};
    return model;
  }

  ModelParts load(const ModelDescription& model, const Compute& compute) const override {
    auto head = std::make_unique<OwnScores>(/*weighs_by_length=*/false);
    const auto measure = familiarity(model);
    if (!measure) return {load_distillmos_encoder(model, "mos", compute), std::move(head)};
    return {load_distillmos_encoder(model, "mos+" + measure->layout(), compute),
            with_familiarity(std::move(head), measure, /*weighs_by_length=*/false)};
  }

  std::shared_ptr<const FamiliarityMeasure> familiarity(const ModelDescription& model) const override {
    const auto file = find_familiarity_file(model);
    return file ? load_familiarity(*file) : nullptr;
  }

  std::unique_ptr<WindowEncoder> load_encoder(const ModelDescription& model, const EncoderChoice& choice,
                                              const Compute& compute) const override {
    return load_distillmos_encoder(model, choice.layout.empty() ? "pooled" : choice.layout, compute);
  }

  // The layout's part "mos" is one number, the last one if the part is.
  std::optional<OwnScoresOfClips> own_scores(const ModelDescription& model,
                                             const training::Dataset& dataset) const override {
    const std::string& layout = dataset.encoder.embedding_layout;
    if (layout != "mos" && !layout.ends_with("+mos")) return std::nullopt;
    const at::Tensor last = dataset.embeddings.select(1, -1).to(at::kDouble).contiguous();
    return OwnScoresOfClips{{model.axes.front().name},
                            {{last.const_data_ptr<double>(), last.const_data_ptr<double>() + last.numel()}}};
  }

  void convert(const ModelDescription& published, const Origin& origin,
               const std::filesystem::path& folder) const override {
    const io::StateDict tensors = published.tensors("model");
    distillmos::module_from_state_dict(tensors, published.weights.string());  // all fits
    const auto familiarity_file = find_familiarity_file(published);
    heads::write_model_files(folder, tensors, [&](const std::string& sha256) {
      Json document = published.document;
      document["name"] = origin.name;
      document["weights"] = heads::kWeightsFile;
      document["sha256"] = sha256;
      document["licence"] = origin.licence;
      document["qamro_version"] = version();
      document["provenance"] = origin.provenance;
      if (familiarity_file) document["familiarity"] = copy_familiarity(*familiarity_file, folder);
      return document;
    });
  }

  void prepare_training(const training::Recipe& recipe, int threads, EncoderTraining& training,
                        const std::function<void()>& on_clip) const override {
    prepare_distillmos_training(recipe, threads, training, on_clip);
  }
  void save_trained(const std::filesystem::path& folder, const EncoderTraining& training,
                    training::FinalModel& model) const override {
    save_distillmos_training(folder, training, model);
  }

 private:
  static bool holds_distillmos(const WeightsFile& file) {
    const auto* top = file.checkpoint().get_if<io::PickleDict>();
    const auto* entry = top == nullptr ? nullptr : top->find("model");
    const auto* tensors = entry == nullptr ? nullptr : entry->get_if<io::PickleDict>();
    return tensors != nullptr && tensors->find("cnn.cnn.0.weight") != nullptr;
  }
};

}  // namespace

const ModelKind& distillmos_kind() {
  static const DistillMosKind kind;
  return kind;
}

}  // namespace qamro::models
