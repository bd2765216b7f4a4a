#include "qamro/predictors/predictor.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "qamro/core/error.h"
#include "qamro/predictors/audiobox_encoder.h"
#include "qamro/predictors/distillmos_encoder.h"
#include "qamro/predictors/head_model.h"
#include "qamro/predictors/registry.h"

namespace qamro::predictors {
namespace {

// The encoder scores by itself: its vector is the scores.
class OwnHead : public ScoreHead {
 public:
  std::vector<double> score(const WindowVectors& clip) const override {
    const auto mean = mean_over_windows(clip.vectors);
    return {mean.begin(), mean.end()};
  }
};

// The same of windows that one behind the other make up the clip: a short last one counts for less.
class OwnHeadByLength : public ScoreHead {
 public:
  std::vector<double> score(const WindowVectors& clip) const override {
    return mean_weighted_by_length(clip);
  }
};

class MlpScoreHead : public ScoreHead {
 public:
  explicit MlpScoreHead(HeadModel model) : model_(std::move(model)) {}

  std::vector<double> score(const WindowVectors& clip) const override {
    const auto scores = model_.predict(mean_row(clip)).to(at::kDouble).contiguous();
    const double* data = scores.const_data_ptr<double>();
    return {data, data + scores.numel()};
  }
  double share(const WindowVectors& clip) const override {
    return model_.share(mean_row(clip)).item<double>();
  }

 private:
  static at::Tensor mean_row(const WindowVectors& clip) {
    const auto embedding = mean_over_windows(clip.vectors);
    const auto row = at::empty({1, std::ssize(embedding)}, at::kFloat);
    std::copy(embedding.begin(), embedding.end(), row.data_ptr<float>());
    return row;
  }

  HeadModel model_;
};

[[noreturn]] void refuse_kind(const ModelDescription& description, const char* expected) {
  throw CheckpointError(fmt::format("{}: kind: expected {}, got '{}'",
                                    (description.folder / "model.json").string(), expected,
                                    description.kind));
}

// layout: "" for what heads are trained on.
std::unique_ptr<WindowEncoder> load_encoder(const ModelDescription& description, const std::string& layout,
                                            Precision precision) {
  if (description.kind == "distillmos")
    return load_distillmos_encoder(description, layout.empty() ? "pooled" : layout, precision);
  if (description.kind == "audiobox")
    return load_audiobox_encoder(description, layout.empty() ? kPooledLayers : layout, precision);
  refuse_kind(description, "an encoder (distillmos or audiobox)");
}

// The encoder that heads were trained on, checked to be the same one: a folder beside the heads', or a model
// by its name.
std::unique_ptr<WindowEncoder> encoder_of(const HeadModel& heads, const ModelDescription& own,
                                          Precision precision) {
  const auto description = describe_encoder(own.folder, heads.encoder.model);
  const auto found = verify_weights(description);
  if (!heads.encoder.sha256.empty() && heads.encoder.sha256 != found)
    throw CheckpointError(
        fmt::format("model '{}': its heads were trained on the encoder '{}' with SHA-256 {}, got {}",
                    own.name, heads.encoder.model, heads.encoder.sha256, found));
  return load_encoder(description, heads.encoder.embedding_layout, precision);
}

struct Parts {
  std::unique_ptr<WindowEncoder> encoder;
  std::unique_ptr<ScoreHead> head;
};

Parts load_parts(const ModelDescription& description, Precision precision) {
  if (description.kind == "distillmos")
    return {load_distillmos_encoder(description, "mos", precision), std::make_unique<OwnHead>()};
  if (description.kind == "audiobox")
    return {load_audiobox_encoder(description, kOwnScores, precision), std::make_unique<OwnHeadByLength>()};
  if (description.kind != "heads") refuse_kind(description, "distillmos, audiobox or heads");
  auto heads = HeadModel::load(description.folder);
  auto encoder = encoder_of(heads, description, precision);
  return {std::move(encoder), std::make_unique<MlpScoreHead>(std::move(heads))};
}

void check(const WindowVectors& clip) {
  if (clip.vectors.empty() || clip.vectors.size() != clip.windows.size())
    throw InvalidInput(fmt::format("score: expected a vector of each of at least one window, got {} of {}",
                                   clip.vectors.size(), clip.windows.size()));
}

}  // namespace

Predictor::Predictor(ModelDescription description, std::string weights_sha256, Precision precision,
                     std::unique_ptr<WindowEncoder> encoder, std::unique_ptr<ScoreHead> head)
    : description_(std::move(description)),
      weights_sha256_(std::move(weights_sha256)),
      precision_(precision),
      encoder_(std::move(encoder)),
      head_(std::move(head)) {}

std::vector<double> Predictor::score(const WindowVectors& clip) const {
  check(clip);
  return head_->score(clip);
}

double Predictor::head_share(const WindowVectors& clip) const {
  check(clip);
  return head_->share(clip);
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

std::vector<double> mean_weighted_by_length(const WindowVectors& clip) {
  check(clip);
  std::vector<double> sums(clip.vectors.front().size());
  double weights = 0;
  for (std::size_t window = 0; window < clip.vectors.size(); ++window) {
    const auto weight = static_cast<double>(clip.windows[window].length_samples);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += weight * clip.vectors[window][i];
    weights += weight;
  }
  for (double& sum : sums) sum /= weights;
  return sums;
}

std::unique_ptr<Predictor> open_predictor(const std::string& name_or_path, Precision precision) {
  auto description = describe_model(name_or_path);
  auto sha256 = verify_weights(description);
  auto [encoder, head] = load_parts(description, precision);
  return std::make_unique<Predictor>(std::move(description), std::move(sha256), precision, std::move(encoder),
                                     std::move(head));
}

std::unique_ptr<WindowEncoder> open_encoder(const std::string& name_or_path, Precision precision,
                                            const std::string& layout) {
  const auto description = describe_model(name_or_path);
  if (description.kind == "heads") {
    auto heads = HeadModel::load(description.folder);
    if (!layout.empty()) heads.encoder.embedding_layout = layout;
    return encoder_of(heads, description, precision);
  }
  verify_weights(description);
  return load_encoder(description, layout, precision);
}

}  // namespace qamro::predictors
