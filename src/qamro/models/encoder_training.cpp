#include "qamro/models/encoder_training.h"

#include <fmt/format.h>
#include <torch/nn/module.h>

#include <charconv>
#include <string>

#include "qamro/core/error.h"
#include "qamro/models/model_kind.h"
#include "qamro/models/registry.h"

namespace qamro::models {
namespace {

// The kind whose models have heads of that kind beside their encoder.
std::string_view kind_with_heads(training::HeadKind heads) {
  for (const ModelKind* kind : model_kinds())
    if (kind->own_heads() == heads) return kind->name();
  return "";
}

}  // namespace

EncoderTraining prepare_encoder_training(const training::Recipe& recipe, int threads,
                                         const std::function<void()>& on_clip) {
  EncoderTraining training;
  training.dataset = training::load_labels(recipe);
  // Runs write into the tensors: each opens the file for itself.
  training.encoder = describe_model(recipe.model.encoder).unopened();
  kind_of(training.encoder).prepare_training(recipe, threads, training, on_clip);
  return training;
}

void save_trained_model(const std::filesystem::path& folder, const EncoderTraining& training,
                        training::FinalModel& model) {
  kind_of(training.encoder).save_trained(folder, training, model);
}

ModelDescription frozen_encoder(const training::Recipe& recipe, const training::Dataset& dataset) {
  const bool is_named = recipe.model.encoder != training::ModelSection().encoder;
  auto description = describe_model(is_named ? recipe.model.encoder : dataset.encoder.model);
  if (kind_of(description).own_heads() != recipe.model.head_kind)
    throw InvalidInput(
        fmt::format("data.embeddings: expected embeddings from an encoder of kind {}, got '{}'",
                    kind_with_heads(recipe.model.head_kind), description.kind));
  const std::string found = verify_weights(description);
  if (!dataset.encoder.sha256.empty() && dataset.encoder.sha256 != found)
    throw InvalidInput(fmt::format(
        "data.embeddings: expected the encoder '{}' with SHA-256 {}, which made them, got SHA-256 {}",
        dataset.encoder.model, dataset.encoder.sha256, found));
  return description;
}

void save_heads(const std::filesystem::path& folder, const training::Dataset& dataset,
                training::FinalModel& model, const std::optional<ModelDescription>& frozen) {
  if (frozen)
    kind_of(*frozen).save_heads(folder, dataset, model, *frozen);
  else
    model.heads.save(folder);
}

io::StateDict parameters_of_run(const torch::nn::Module& encoder, const io::StateDict& heads) {
  io::StateDict named;
  for (const auto& item : encoder.named_parameters())
    named.emplace(std::string(kEncoderPrefix) + item.key(), item.value());
  for (const auto& [name, tensor] : heads) named.emplace(std::string(kHeadsPrefix) + name, tensor);
  return named;
}

std::int64_t number_after(std::string_view name, std::string_view prefix) {
  const std::size_t at = name.find(prefix);
  if (at == std::string_view::npos) return -1;
  const std::string_view digits = name.substr(at + prefix.size());
  std::int64_t number = -1;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace qamro::models
