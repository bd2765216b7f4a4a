#include "qamro/models/predictor.h"

#include <fmt/format.h>

#include "qamro/core/error.h"
#include "qamro/models/registry.h"
#include "qamro/nn/parallel.h"

namespace qamro::models {

Predictor::Predictor(ModelDescription description, std::shared_future<std::string> weights_sha256,
                     const Compute& compute, ModelParts parts, data::TrainingClips training_clips)
    : description_(std::move(description)),
      weights_sha256_(std::move(weights_sha256)),
      compute_(compute),
      parts_(std::move(parts)),
      training_clips_(std::move(training_clips)) {}

std::vector<std::string> Predictor::axis_names() const {
  std::vector<std::string> names;
  for (const Axis& axis : axes()) names.push_back(axis.name);
  return names;
}

std::vector<double> Predictor::score(const WindowVectors& clip) const {
  check(clip);
  weights_sha256_.get();
  const nn::SerialRegion serial;  // a product's last bits must not depend on the number of threads
  return parts_.head->score(clip);
}

double Predictor::head_share(const WindowVectors& clip) const {
  check(clip);
  const nn::SerialRegion serial;
  return parts_.head->share(clip);
}

std::optional<double> Predictor::familiarity(const WindowVectors& clip) const {
  check(clip);
  return parts_.head->familiarity(clip);
}

std::unique_ptr<Predictor> open_predictor(const std::string& name_or_path, const Compute& compute) {
  const auto description = describe_model(name_or_path);
  auto sha256 = start_verifying(description);
  auto parts =
      load_or_explain([&] { sha256.get(); }, [&] { return kind_of(description).load(description, compute); });
  expect_sample_rate(description, parts.encoder->sample_rate_hz());
  return std::make_unique<Predictor>(description.unopened(), std::move(sha256), compute, std::move(parts),
                                     read_training_clips(description));
}

std::unique_ptr<WindowEncoder> open_encoder(const std::string& name_or_path, const Compute& compute,
                                            const std::string& layout, const std::string& audio_policy) {
  const auto description = describe_model(name_or_path);
  const ModelKind& kind = kind_of(description);
  if (!audio_policy.empty() && !kind.has_audio_policy())
    throw InvalidInput(
        fmt::format("audio policy: expected a model of kind clap, got one of kind {}", description.kind));
  auto encoder = load_verified(description, [&] {
    return kind.load_encoder(description, {layout, audio_policy}, compute);
  });
  expect_sample_rate(description, encoder->sample_rate_hz());
  return encoder;
}

std::unique_ptr<TextEncoder> open_text_encoder(const std::string& name_or_path) {
  const auto description = describe_model(name_or_path);
  const ModelKind& kind = kind_of(description);
  return load_verified(description, [&] { return kind.load_text_encoder(description); });
}

}  // namespace qamro::models
