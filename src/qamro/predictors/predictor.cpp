#include "qamro/predictors/predictor.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include "qamro/core/error.h"
#include "qamro/nn/parallel.h"
#include "qamro/predictors/audiobox_encoder.h"
#include "qamro/predictors/audiobox_model.h"
#include "qamro/predictors/clap_encoder.h"
#include "qamro/predictors/clap_model.h"
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

// For encoders whose consecutive windows cover the clip: a short last window counts less.
class OwnHeadByLength : public ScoreHead {
 public:
  std::vector<double> score(const WindowVectors& clip) const override {
    return mean_weighted_by_length(clip);
  }
};

std::vector<float> mean_vector(const WindowVectors& clip, bool weighs_by_length) {
  if (!weighs_by_length) return mean_over_windows(clip.vectors);
  const auto mean = mean_weighted_by_length(clip);
  return {mean.begin(), mean.end()};
}

at::Tensor row_of(std::span<const float> vector) {
  const auto row = at::empty({1, std::ssize(vector)}, at::kFloat);
  std::copy(vector.begin(), vector.end(), row.data_ptr<float>());
  return row;
}

class MlpScoreHead : public ScoreHead {
 public:
  MlpScoreHead(HeadModel model, bool weighs_by_length)
      : model_(std::move(model)), weighs_by_length_(weighs_by_length) {}

  std::vector<double> score(const WindowVectors& clip) const override {
    const auto scores = model_.predict(mean_row(clip)).to(at::kDouble).contiguous();
    const double* data = scores.const_data_ptr<double>();
    return {data, data + scores.numel()};
  }
  double share(const WindowVectors& clip) const override {
    return model_.share(mean_row(clip)).item<double>();
  }

 private:
  at::Tensor mean_row(const WindowVectors& clip) const {
    return row_of(mean_vector(clip, weighs_by_length_));
  }

  HeadModel model_;
  bool weighs_by_length_;
};

// The paper's heads on CLAP. They read the mean embedding of the clip's windows and the embedding of
// its prompt.
class ClapScoreHead : public ScoreHead {
 public:
  ClapScoreHead(ClapHeads heads, std::vector<HeadAxis> axes)
      : heads_(std::move(heads)), axes_(std::move(axes)) {}

  std::vector<double> score(const WindowVectors& clip) const override {
    const c10::InferenceMode guard;
    const at::Tensor audio = row_of(mean_vector(clip, /*weighs_by_length=*/true));
    const at::Tensor text = clip.prompt.empty() ? at::Tensor() : row_of(clip.prompt);
    const at::Tensor scores = to_labels(axes_, heads_.forward(audio, text)).contiguous();
    const double* data = scores.const_data_ptr<double>();
    return {data, data + scores.numel()};
  }

 private:
  ClapHeads heads_;
  std::vector<HeadAxis> axes_;
};

[[noreturn]] void refuse_kind(const ModelDescription& description, const char* expected) {
  throw CheckpointError(fmt::format("{}: kind: expected {}, got '{}'",
                                    (description.folder / "model.json").string(), expected,
                                    description.kind));
}

// layout: "" means the layout that heads are trained on.
std::unique_ptr<WindowEncoder> load_encoder(const ModelDescription& description, const std::string& layout,
                                            const Compute& compute) {
  if (description.kind == "distillmos")
    return load_distillmos_encoder(description, layout.empty() ? "pooled" : layout, compute);
  if (description.kind == "audiobox")
    return load_audiobox_encoder(description, layout.empty() ? kPooledLayers : layout, compute);
  if (description.kind == "clap") {
    auto model = load_clap_model(description);
    return make_clap_audio_encoder(std::move(model.encoder), model.audio_policy,
                                   layout.empty() ? kClapAudio : layout, compute);
  }
  refuse_kind(description, "an encoder (distillmos, audiobox or clap)");
}

// Runs load() while the weights are hashed. check(SHA-256) may also refuse the weights; its error comes
// before an error from load().
template <typename Load, typename Check>
auto load_verified(const ModelDescription& description, const Load& load, const Check& check) {
  const auto sha256 = start_verifying(description);
  const auto verify = [&] { check(sha256.get()); };
  auto loaded = load_or_explain(verify, load);
  verify();
  return loaded;
}

template <typename Load>
auto load_verified(const ModelDescription& description, const Load& load) {
  return load_verified(description, load, [](const std::string&) {});
}

// The encoder that the heads were trained on, from a folder inside the heads' folder or from a model by name.
// Checks that it is the same encoder.
std::unique_ptr<WindowEncoder> encoder_of(const HeadModel& heads, const ModelDescription& own,
                                          const Compute& compute) {
  const auto description = describe_encoder(own.folder, heads.encoder.model);
  const auto load = [&] { return load_encoder(description, heads.encoder.embedding_layout, compute); };
  return load_verified(description, load, [&](const std::string& found) {
    if (!heads.encoder.sha256.empty() && heads.encoder.sha256 != found)
      throw CheckpointError(
          fmt::format("model '{}': its heads were trained on the encoder '{}' with SHA-256 {}, got {}",
                      own.name, heads.encoder.model, heads.encoder.sha256, found));
  });
}

struct Parts {
  std::unique_ptr<WindowEncoder> encoder;
  std::unique_ptr<ScoreHead> head;
  std::unique_ptr<TextEncoder> text_encoder = nullptr;
};

Parts load_clap_parts(const ModelDescription& description, const Compute& compute) {
  auto model = load_clap_model(description);
  if (!model.heads)
    throw InvalidInput(fmt::format(
        "model '{}': it gives embeddings ('qamro embed') to train heads on ('qamro train'), but has "
        "no heads, so no scores",
        description.name));
  return {make_clap_audio_encoder(model.encoder, model.audio_policy, kClapAudio, compute),
          std::make_unique<ClapScoreHead>(std::move(*model.heads), std::move(model.axes)),
          make_clap_text_encoder(model.encoder, description)};
}

Parts load_parts(const ModelDescription& description, const Compute& compute) {
  if (description.kind == "distillmos")
    return {load_distillmos_encoder(description, "mos", compute), std::make_unique<OwnHead>()};
  if (description.kind == "audiobox")
    return {load_audiobox_encoder(description, kOwnScores, compute), std::make_unique<OwnHeadByLength>()};
  if (description.kind == "clap") return load_clap_parts(description, compute);
  if (description.kind != "heads") refuse_kind(description, "distillmos, audiobox, clap or heads");
  auto heads = HeadModel::load(description.folder);
  auto encoder = encoder_of(heads, description, compute);
  const bool weighs_by_length = encoder->weighs_windows_by_length();
  return {std::move(encoder), std::make_unique<MlpScoreHead>(std::move(heads), weighs_by_length)};
}

void check(const WindowVectors& clip) {
  if (clip.vectors.empty() || clip.vectors.size() != clip.windows.size())
    throw InvalidInput(fmt::format("score: expected a vector of each of at least one window, got {} of {}",
                                   clip.vectors.size(), clip.windows.size()));
}

}  // namespace

Predictor::Predictor(ModelDescription description, std::shared_future<std::string> weights_sha256,
                     const Compute& compute, std::unique_ptr<WindowEncoder> encoder,
                     std::unique_ptr<ScoreHead> head, std::unique_ptr<TextEncoder> text_encoder)
    : description_(std::move(description)),
      weights_sha256_(std::move(weights_sha256)),
      compute_(compute),
      encoder_(std::move(encoder)),
      head_(std::move(head)),
      text_encoder_(std::move(text_encoder)) {}

std::vector<double> Predictor::score(const WindowVectors& clip) const {
  check(clip);
  weights_sha256_.get();
  const nn::SerialRegion serial;  // a product's last bits must not depend on the number of threads
  return head_->score(clip);
}

double Predictor::head_share(const WindowVectors& clip) const {
  check(clip);
  const nn::SerialRegion serial;
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

std::vector<float> clip_vector(const WindowEncoder& encoder, const WindowVectors& clip) {
  return mean_vector(clip, encoder.weighs_windows_by_length());
}

std::unique_ptr<Predictor> open_predictor(const std::string& name_or_path, const Compute& compute) {
  auto description = describe_model(name_or_path);
  auto sha256 = start_verifying(description);
  auto parts = load_or_explain([&] { sha256.get(); }, [&] { return load_parts(description, compute); });
  return std::make_unique<Predictor>(std::move(description), std::move(sha256), compute,
                                     std::move(parts.encoder), std::move(parts.head),
                                     std::move(parts.text_encoder));
}

std::unique_ptr<WindowEncoder> open_encoder(const std::string& name_or_path, const Compute& compute,
                                            const std::string& layout, const std::string& audio_policy) {
  auto description = describe_model(name_or_path);
  if (!audio_policy.empty()) {
    if (description.kind != "clap")
      throw InvalidInput(
          fmt::format("audio policy: expected a model of kind clap, got one of kind {}", description.kind));
    description.document["audio_policy"] = audio_policy;
  }
  if (description.kind == "heads") {
    auto heads = HeadModel::load(description.folder);
    if (!layout.empty()) heads.encoder.embedding_layout = layout;
    return encoder_of(heads, description, compute);
  }
  return load_verified(description, [&] { return load_encoder(description, layout, compute); });
}

std::unique_ptr<TextEncoder> open_text_encoder(const std::string& name_or_path) {
  auto description = describe_model(name_or_path);
  if (description.kind != "clap")
    throw InvalidInput(
        fmt::format("model '{}': expected one of kind clap, which reads prompts, got one of kind {}",
                    description.name, description.kind));
  auto encoder = load_verified(description, [&] { return load_clap_model(description).encoder; });
  return make_clap_text_encoder(std::move(encoder), std::move(description));
}

}  // namespace qamro::predictors
