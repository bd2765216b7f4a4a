#include "qamro/models/clap/encoder.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/encoders/htsat/packed.h"
#include "qamro/encoders/roberta/module.h"
#include "qamro/io/zip_archive.h"
#include "qamro/models/batched_encoder.h"
#include "qamro/models/clap/model.h"
#include "qamro/nn/autocast.h"
#include "qamro/nn/device.h"
#include "qamro/nn/parallel.h"
#include "qamro/text/roberta_tokenizer.h"

namespace qamro::models {
namespace {

using encoders::clap::ClapModule;
using encoders::htsat::HtsatConfig;

// The shortest last window of a clip that has others: 0.1 s. Librosa makes 10 s at 44.1 kHz one sample
// too long.
constexpr std::int64_t kShortestRest = HtsatConfig::kSampleRateHz / 10;

// `(clip(x, -1, 1) * 32767.).astype(int16) / 32767.0`; numpy multiplies in float32 and divides in float64.
float round_to_16_bits(float sample) {
  return static_cast<float>(std::trunc(std::clamp(sample, -1.0F, 1.0F) * 32767.0F) / 32767.0);
}

// Everything but the network.
class ClapAudioEncoder : public WindowEncoder {
 public:
  ClapAudioEncoder(std::shared_ptr<const ClapModule> module, ClapAudioPolicy policy)
      : module_(std::move(module)), windowing_{policy} {}

  int sample_rate_hz() const override { return HtsatConfig::kSampleRateHz; }
  audio::ResamplingMethod resampling() const override { return windowing_.resampling(); }
  bool weighs_windows_by_length() const override { return true; }
  std::vector<audio::Window> windows(std::int64_t samples) const override {
    return windowing_.windows(samples);
  }
  std::int64_t dimension() const override { return module_->embedding_dim(); }
  std::string layout() const override { return kClapAudio; }

 protected:
  const ClapModule& module() const { return *module_; }
  std::vector<float> whole_window(std::span<const float> samples) const {
    return clap_window(samples, windowing_.policy == ClapAudioPolicy::correct);
  }

 private:
  std::shared_ptr<const ClapModule> module_;
  ClapWindowing windowing_;
};

class PlainClapAudioEncoder : public ClapAudioEncoder {
 public:
  PlainClapAudioEncoder(std::shared_ptr<const ClapModule> shared, ClapAudioPolicy policy, Precision precision)
      : ClapAudioEncoder(std::move(shared), policy),
        network_(module().audio_branch, precision, io::release_pages) {}

  std::vector<float> encode(std::span<const float> samples) const override {
    const c10::InferenceMode guard;
    std::vector<float> window = whole_window(samples);
    const at::Tensor input = at::from_blob(window.data(), {1, std::ssize(window)}, at::kFloat);
    const at::Tensor embedding = network_.forward(input).embedding;
    const nn::SerialRegion serial;  // MKL's last bits depend on the number of threads
    return first_rows(module().project_audio(embedding), 1).front();
  }

 private:
  encoders::htsat::PackedHtsat network_;
};

// The text part stays on the CPU, because each prompt is encoded only once.
class BatchedClapAudioEncoder : public BatchedEncoder<ClapAudioEncoder> {
 public:
  BatchedClapAudioEncoder(std::shared_ptr<const ClapModule> shared, ClapAudioPolicy policy,
                          const Compute& compute)
      : BatchedEncoder(compute, std::move(shared), policy) {
    const std::vector<std::shared_ptr<torch::nn::Module>> parts = {
        module().audio_branch, module().audio_first.ptr(), module().audio_second.ptr()};
    for (const auto& part : parts) part->to(compute.device);
  }

 private:
  // The spectrogram is always in fp32: logarithms of rounded powers would be far off.
  at::Tensor encode_rows(std::span<const std::span<const float>> windows) const override {
    std::vector<std::vector<float>> whole;
    for (const auto& window : windows) whole.push_back(whole_window(window));
    const std::vector<std::span<const float>> views(whole.begin(), whole.end());
    const auto batch =
        nn::make_window_batch(views, compute().batch_size, HtsatConfig::kWindowSamples, compute().device);
    const auto front = module().audio_branch->front(batch.samples);
    return nn::in_precision(compute().precision, [&](Precision precision) {
      auto output = front;
      const nn::Autocast autocast(compute().device.type(), precision);
      module().audio_branch->add_stages(output);
      return module().project_audio(output.embedding).to(at::kFloat);
    });
  }
};

class ClapTextEncoder : public TextEncoder {
 public:
  ClapTextEncoder(std::shared_ptr<const ClapModule> module, ModelDescription description)
      : module_(std::move(module)), text_(module_->text_branch), description_(std::move(description)) {}

  std::int64_t dimension() const override { return module_->embedding_dim(); }

  std::vector<float> encode(std::string_view text) const override {
    const c10::InferenceMode guard;
    const at::Tensor pooled = text_.forward(tokenizer().encode(text)).pooled;
    const nn::SerialRegion serial;  // MKL's last bits depend on the number of threads
    return first_rows(module_->project_text(pooled), 1).front();
  }

 private:
  const text::RobertaTokenizer& tokenizer() const {
    const std::lock_guard lock(mutex_);
    if (!tokenizer_) {
      const auto folder = find_vocabulary(description_);
      tokenizer_.emplace(folder);
      const std::int64_t rows = module_->text_branch->config().vocabulary;
      if (tokenizer_->id_limit() > rows)
        throw CheckpointError(
            fmt::format("{}: expected a vocabulary of at most the {} tokens that the model '{}' has, got {}",
                        (folder / "vocab.json").string(), rows, description_.name, tokenizer_->id_limit()));
    }
    return *tokenizer_;
  }

  std::shared_ptr<const ClapModule> module_;
  encoders::roberta::InferenceRoberta text_;
  ModelDescription description_;
  mutable std::mutex mutex_;
  mutable std::optional<text::RobertaTokenizer> tokenizer_;
};

}  // namespace

audio::ResamplingMethod ClapWindowing::resampling() const {
  return policy == ClapAudioPolicy::correct ? audio::ResamplingMethod::soxr_hq
                                            : audio::ResamplingMethod::none;
}

std::vector<audio::Window> ClapWindowing::windows(std::int64_t samples) const {
  constexpr std::int64_t kWindow = HtsatConfig::kWindowSamples;
  auto windows = audio::fixed_hop_windows(
      policy == ClapAudioPolicy::correct ? samples : std::min(samples, kWindow), kWindow, kWindow);
  if (windows.size() > 1 && windows.back().length_samples < kShortestRest) windows.pop_back();
  return windows;
}

std::vector<float> clap_window(std::span<const float> samples, bool rounds_to_16_bits) {
  constexpr auto kWindow = static_cast<std::size_t>(HtsatConfig::kWindowSamples);
  if (samples.empty() || samples.size() > kWindow)
    throw InvalidInput(
        fmt::format("CLAP: expected a window of 1 to {} samples, got {}", kWindow, samples.size()));
  std::vector<float> window(kWindow, 0.0F);
  for (std::size_t start = 0; start + samples.size() <= kWindow; start += samples.size())
    std::ranges::copy(samples, window.begin() + static_cast<std::ptrdiff_t>(start));
  if (rounds_to_16_bits) std::ranges::transform(window, window.begin(), round_to_16_bits);
  return window;
}

std::unique_ptr<WindowEncoder> make_clap_audio_encoder(std::shared_ptr<const ClapModule> module,
                                                       ClapAudioPolicy policy, const std::string& layout,
                                                       const Compute& compute) {
  if (layout != kClapAudio)
    throw InvalidInput(
        fmt::format("embedding layout of a model of kind clap: expected {}, got '{}'", kClapAudio, layout));
  compute.validate();
  if (!compute.in_batches())
    return std::make_unique<PlainClapAudioEncoder>(std::move(module), policy, compute.precision);
  return std::make_unique<BatchedClapAudioEncoder>(std::move(module), policy, compute);
}

std::unique_ptr<TextEncoder> make_clap_text_encoder(std::shared_ptr<const ClapModule> module,
                                                    ModelDescription description) {
  return std::make_unique<ClapTextEncoder>(std::move(module), std::move(description));
}

}  // namespace qamro::models
