#include "qamro/models/audiobox/audiobox_encoder.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/encoders/wavlm/device.h"
#include "qamro/encoders/wavlm/packed.h"
#include "qamro/io/release_pages.h"
#include "qamro/models/audiobox/audiobox_model.h"
#include "qamro/models/batched_encoder.h"
#include "qamro/models/tensor_rows.h"
#include "qamro/nn/parallel.h"

namespace qamro::models {
namespace {

namespace wavlm = encoders::wavlm;

at::Tensor tensor_of(std::span<const float> samples) {
  at::Tensor tensor = at::empty({static_cast<std::int64_t>(samples.size())});
  std::ranges::copy(samples, tensor.mutable_data_ptr<float>());
  return tensor;
}

// Everything but the network.
class AudioboxEncoder : public WindowEncoder {
 public:
  AudioboxEncoder(std::vector<heads::HeadAxis> axes, heads::AestheticsHeads heads, bool gives_scores)
      : axes_(std::move(axes)), heads_(std::move(heads)), gives_scores_(gives_scores) {}

  int sample_rate_hz() const override { return wavlm::WavLmConfig::kSampleRateHz; }
  std::vector<audio::Window> windows(std::int64_t samples) const override {
    return audio::fixed_hop_windows(samples, config().window_samples, config().window_samples);
  }
  std::int64_t dimension() const override {
    return gives_scores_ ? std::ssize(axes_) : (config().layers + 1) * config().dim;
  }
  std::string layout() const override { return gives_scores_ ? kOwnScores : kPooledLayers; }

 protected:
  virtual const wavlm::WavLmConfig& config() const = 0;

  // pooled: [n, layers + 1, dim]. Returns [n, dimension].
  at::Tensor rows_of(const at::Tensor& pooled) const {
    return gives_scores_ ? to_labels(axes_, heads_.forward(pooled)) : pooled;
  }

 private:
  std::vector<heads::HeadAxis> axes_;
  heads::AestheticsHeads heads_;
  bool gives_scores_;
};

class PlainAudioboxEncoder : public AudioboxEncoder {
 public:
  PlainAudioboxEncoder(AudioboxModel model, bool gives_scores, Precision precision)
      : AudioboxEncoder(std::move(model.axes), std::move(model.heads), gives_scores),
        network_(*model.encoder, precision, io::release_pages) {}

  std::vector<float> encode(std::span<const float> samples) const override {
    const c10::InferenceMode guard;
    const at::Tensor pooled = network_.pooled_layers(tensor_of(samples)).unsqueeze(0);
    const nn::SerialRegion serial;  // the heads' last bits must not depend on the number of threads
    return first_rows(rows_of(pooled), 1).front();
  }

 private:
  const wavlm::WavLmConfig& config() const override { return network_.config(); }

  wavlm::PackedWavLm network_;
};

heads::AestheticsHeads on(c10::Device device, const heads::AestheticsHeads& heads) {
  io::StateDict state;
  for (const auto& [name, tensor] : heads.named_parameters()) state.emplace(name, tensor.to(device));
  return {heads.options(), heads.axes(), state, "heads"};
}

class BatchedAudioboxEncoder : public BatchedEncoder<AudioboxEncoder> {
 public:
  BatchedAudioboxEncoder(AudioboxModel model, bool gives_scores, const Compute& compute)
      : BatchedEncoder(compute, std::move(model.axes), on(compute.device, model.heads), gives_scores),
        network_(std::move(model.encoder), compute.precision, compute.device, compute.batch_size) {}

 private:
  const wavlm::WavLmConfig& config() const override { return network_.config(); }
  at::Tensor encode_rows(std::span<const std::span<const float>> windows) const override {
    return rows_of(network_.pooled_layers(windows));
  }

  wavlm::DeviceWavLm network_;
};

}  // namespace

std::unique_ptr<WindowEncoder> load_audiobox_encoder(const ModelDescription& description,
                                                     const std::string& layout, const Compute& compute) {
  if (layout != kPooledLayers && layout != kOwnScores)
    throw InvalidInput(
        fmt::format("embedding layout of a model of kind audiobox: expected {} or {}, got '{}'",
                    kPooledLayers, kOwnScores, layout));
  compute.validate();
  auto model = load_audiobox_model(description);
  const bool gives_scores = layout == kOwnScores;
  if (!compute.in_batches())
    return std::make_unique<PlainAudioboxEncoder>(std::move(model), gives_scores, compute.precision);
  return std::make_unique<BatchedAudioboxEncoder>(std::move(model), gives_scores, compute);
}

}  // namespace qamro::models
