#include "qamro/predictors/audiobox_encoder.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/encoders/wavlm/packed.h"
#include "qamro/io/release_pages.h"
#include "qamro/predictors/audiobox_model.h"

namespace qamro::predictors {
namespace {

namespace wavlm = encoders::wavlm;

at::Tensor tensor_of(std::span<const float> samples) {
  at::Tensor tensor = at::empty({static_cast<std::int64_t>(samples.size())});
  std::ranges::copy(samples, tensor.mutable_data_ptr<float>());
  return tensor;
}

class AudioboxEncoder : public WindowEncoder {
 public:
  AudioboxEncoder(AudioboxModel model, bool gives_scores, Precision precision)
      : network_(*model.encoder, precision, io::release_pages),
        axes_(std::move(model.axes)),
        heads_(std::move(model.heads)),
        gives_scores_(gives_scores) {}

  int sample_rate_hz() const override { return wavlm::WavLmConfig::kSampleRateHz; }
  std::vector<audio::Window> windows(std::int64_t samples) const override {
    return audio::fixed_hop_windows(samples, config().window_samples, config().window_samples);
  }
  std::int64_t dimension() const override {
    return gives_scores_ ? std::ssize(axes_) : (config().layers + 1) * config().dim;
  }
  std::string layout() const override { return gives_scores_ ? kOwnScores : kPooledLayers; }

  std::vector<float> encode(std::span<const float> samples) const override {
    const c10::InferenceMode guard;
    at::Tensor vector = network_.pooled_layers(tensor_of(samples));
    if (gives_scores_) vector = to_labels(axes_, heads_.forward(vector.unsqueeze(0)));
    vector = vector.flatten().to(at::kFloat).contiguous();
    const float* data = vector.const_data_ptr<float>();
    return {data, data + vector.numel()};
  }

 private:
  const wavlm::WavLmConfig& config() const { return network_.config(); }

  wavlm::PackedWavLm network_;
  std::vector<HeadAxis> axes_;
  AestheticsHeads heads_;
  bool gives_scores_;
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
