#include "qamro/predictors/predictor.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "qamro/core/error.h"
#include "qamro/predictors/distillmos_encoder.h"
#include "qamro/predictors/head_model.h"
#include "qamro/predictors/registry.h"

namespace qamro::predictors {
namespace {

// The encoder scores by itself: its vector is the scores.
class OwnHead : public ScoreHead {
 public:
  std::vector<double> score(std::span<const float> embedding) const override {
    return {embedding.begin(), embedding.end()};
  }
};

class MlpScoreHead : public ScoreHead {
 public:
  explicit MlpScoreHead(HeadModel model) : model_(std::move(model)) {}

  std::vector<double> score(std::span<const float> embedding) const override {
    const auto scores = model_.predict(as_row(embedding)).to(at::kDouble).contiguous();
    const double* data = scores.const_data_ptr<double>();
    return {data, data + scores.numel()};
  }
  double share(std::span<const float> embedding) const override {
    return model_.share(as_row(embedding)).item<double>();
  }

 private:
  static at::Tensor as_row(std::span<const float> embedding) {
    const auto row = at::empty({1, static_cast<std::int64_t>(embedding.size())}, at::kFloat);
    std::copy(embedding.begin(), embedding.end(), row.data_ptr<float>());
    return row;
  }

  HeadModel model_;
};

// The encoder that heads were trained on, checked to be the same one: a folder beside the heads', or a model
// by its name.
std::unique_ptr<WindowEncoder> encoder_of(const HeadModel& heads, const ModelDescription& own,
                                          Precision precision) {
  const std::string& name = own.name;
  const auto description = read_model_folder(find_encoder(own.folder, heads.encoder.model));
  const auto found = verify_weights(description);
  if (!heads.encoder.sha256.empty() && heads.encoder.sha256 != found)
    throw CheckpointError(
        fmt::format("model '{}': its heads were trained on the encoder '{}' with SHA-256 {}, got {}", name,
                    heads.encoder.model, heads.encoder.sha256, found));
  if (description.kind != "distillmos")
    throw CheckpointError(
        fmt::format("model '{}': expected an encoder of kind distillmos, got '{}'", name, description.kind));
  return load_distillmos_encoder(description, heads.encoder.embedding_layout, precision);
}

[[noreturn]] void refuse_kind(const ModelDescription& description) {
  throw CheckpointError(fmt::format("{}: kind: expected distillmos or heads, got '{}'",
                                    (description.folder / "model.json").string(), description.kind));
}

}  // namespace

Predictor::Predictor(ModelDescription description, std::string weights_sha256, Precision precision,
                     std::unique_ptr<WindowEncoder> encoder, std::unique_ptr<ScoreHead> head)
    : description_(std::move(description)),
      weights_sha256_(std::move(weights_sha256)),
      precision_(precision),
      encoder_(std::move(encoder)),
      head_(std::move(head)) {}

std::vector<double> Predictor::score(std::span<const std::vector<float>> windows) const {
  return head_->score(mean_over_windows(windows));
}

double Predictor::head_share(std::span<const std::vector<float>> windows) const {
  return head_->share(mean_over_windows(windows));
}

std::vector<float> mean_over_windows(std::span<const std::vector<float>> windows) {
  if (windows.empty()) throw InvalidInput("mean over windows: expected at least one window, got none");
  std::vector<double> sums(windows.front().size());
  for (const auto& window : windows)
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += window[i];
  std::vector<float> mean(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i)
    mean[i] = static_cast<float>(sums[i] / static_cast<double>(windows.size()));
  return mean;
}

std::unique_ptr<Predictor> open_predictor(const std::string& name_or_path, Precision precision) {
  auto description = read_model_folder(find_model(name_or_path));
  auto sha256 = verify_weights(description);
  if (description.kind == "distillmos") {
    auto encoder = load_distillmos_encoder(description, "mos", precision);
    return std::make_unique<Predictor>(std::move(description), std::move(sha256), precision,
                                       std::move(encoder), std::make_unique<OwnHead>());
  }
  if (description.kind != "heads") refuse_kind(description);
  auto heads = HeadModel::load(description.folder);
  auto encoder = encoder_of(heads, description, precision);
  return std::make_unique<Predictor>(std::move(description), std::move(sha256), precision, std::move(encoder),
                                     std::make_unique<MlpScoreHead>(std::move(heads)));
}

std::unique_ptr<WindowEncoder> open_encoder(const std::string& name_or_path, Precision precision,
                                            const std::string& layout) {
  const auto description = read_model_folder(find_model(name_or_path));
  if (description.kind == "heads") {
    auto heads = HeadModel::load(description.folder);
    if (!layout.empty()) heads.encoder.embedding_layout = layout;
    return encoder_of(heads, description, precision);
  }
  if (description.kind != "distillmos") refuse_kind(description);
  verify_weights(description);
  return load_distillmos_encoder(description, layout.empty() ? "pooled" : layout, precision);
}

}  // namespace qamro::predictors
