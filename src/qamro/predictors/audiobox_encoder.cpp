#include "qamro/predictors/audiobox_encoder.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/predictors/audiobox_model.h"

namespace qamro::predictors {
namespace {

namespace wavlm = encoders::wavlm;

// A window's valid samples → its pooled layers, [layers + 1, dim] float32. Thread-safe.
using PooledLayers = std::function<at::Tensor(std::span<const float> samples)>;

PooledLayers network_of(std::shared_ptr<wavlm::WavLmModule> module, Precision precision) {
  if (precision != Precision::fp32)
    throw InvalidInput(
        fmt::format("precision: expected fp32, which is all that models of kind audiobox have, "
                    "got {}",
                    to_string(precision)));
  return [module = std::move(module)](std::span<const float> samples) {
    const auto length = static_cast<std::int64_t>(samples.size());
    at::Tensor window = at::empty({1, length});
    std::ranges::copy(samples, window.mutable_data_ptr<float>());
    return wavlm::pool_layers(module->forward(window, std::array{length})).squeeze(0);
  };
}

class AudioboxEncoder : public WindowEncoder {
 public:
  AudioboxEncoder(AudioboxModel model, bool gives_scores, Precision precision)
      : config_(model.encoder->config()),
        axes_(std::move(model.axes)),
        heads_(std::move(model.heads)),
        gives_scores_(gives_scores),
        network_(network_of(std::move(model.encoder), precision)) {}

  int sample_rate_hz() const override { return wavlm::WavLmConfig::kSampleRateHz; }
  std::vector<audio::Window> windows(std::int64_t samples) const override {
    return audio::fixed_hop_windows(samples, config_.window_samples, config_.window_samples);
  }
  std::int64_t dimension() const override {
    return gives_scores_ ? std::ssize(axes_) : (config_.layers + 1) * config_.dim;
  }
  std::string layout() const override { return gives_scores_ ? kOwnScores : kPooledLayers; }

  std::vector<float> encode(std::span<const float> samples) const override {
    const c10::InferenceMode guard;
    at::Tensor vector = network_(samples);
    if (gives_scores_) vector = to_labels(axes_, heads_.forward(vector.unsqueeze(0)));
    vector = vector.flatten().to(at::kFloat).contiguous();
    const float* data = vector.const_data_ptr<float>();
    return {data, data + vector.numel()};
  }

 private:
  wavlm::WavLmConfig config_;
  std::vector<HeadAxis> axes_;
  AestheticsHeads heads_;
  bool gives_scores_;
  PooledLayers network_;
};

}  // namespace

std::unique_ptr<WindowEncoder> load_audiobox_encoder(const ModelDescription& description,
                                                     const std::string& layout, Precision precision) {
  if (layout != kPooledLayers && layout != kOwnScores)
    throw InvalidInput(
        fmt::format("embedding layout of a model of kind audiobox: expected {} or {}, got '{}'",
                    kPooledLayers, kOwnScores, layout));
  return std::make_unique<AudioboxEncoder>(load_audiobox_model(description), layout == kOwnScores, precision);
}

}  // namespace qamro::predictors
