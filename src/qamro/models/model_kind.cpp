#include "qamro/models/model_kind.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "qamro/core/error.h"

namespace qamro::models {

void ModelKind::refuse(const std::string& model, const char* what) const {
  throw InvalidInput(fmt::format("model '{}': models of kind {} {}", model, name(), what));
}

ModelParts ModelKind::load(const ModelDescription& model, const Compute&) const {
  refuse(model.name, "score nothing by themselves; they are encoders to train heads on ('qamro train')");
}

std::unique_ptr<WindowEncoder> ModelKind::load_encoder(const ModelDescription& model, const EncoderChoice&,
                                                       const Compute&) const {
  refuse(model.name, "give no embeddings");
}

std::unique_ptr<TextEncoder> ModelKind::load_text_encoder(const ModelDescription& model) const {
  throw InvalidInput(fmt::format(
      "model '{}': expected one of kind clap, which reads prompts, got one of kind {}", model.name, name()));
}

void ModelKind::convert(const ModelDescription& published, const Origin&,
                        const std::filesystem::path&) const {
  refuse(published.name, "cannot be converted");
}

void ModelKind::prepare_training(const training::Recipe&, int, EncoderTraining&,
                                 const std::function<void()>&) const {
  throw InvalidInput(fmt::format(
      "model.encoder: expected a model of kind distillmos, audiobox or clap, got one of kind {}", name()));
}

void ModelKind::save_trained(const std::filesystem::path& folder, const EncoderTraining&,
                             training::FinalModel&) const {
  refuse(folder.string(), "cannot be trained");
}

void ModelKind::save_heads(const std::filesystem::path& folder, const training::Dataset&,
                           training::FinalModel&, const ModelDescription&) const {
  refuse(folder.string(), "have no heads of their own");
}

const ModelKind* find_model_kind(std::string_view name) {
  for (const ModelKind* kind : model_kinds())
    if (kind->name() == name) return kind;
  return nullptr;
}

const ModelKind& kind_of(const ModelDescription& model) {
  if (const ModelKind* kind = find_model_kind(model.kind)) return *kind;
  std::vector<std::string_view> names;
  for (const ModelKind* kind : model_kinds()) names.push_back(kind->name());
  throw CheckpointError(fmt::format("{}: kind: expected one of {}, got '{}'",
                                    (model.folder / "model.json").string(), fmt::join(names, ", "),
                                    model.kind));
}

}  // namespace qamro::models
