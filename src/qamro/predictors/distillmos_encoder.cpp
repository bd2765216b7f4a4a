#include "qamro/predictors/distillmos_encoder.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "qamro/core/error.h"
#include "qamro/encoders/distillmos/embedding_layout.h"
#include "qamro/encoders/distillmos/packed.h"
#include "qamro/encoders/distillmos/state_dict.h"
#include "qamro/io/safetensors.h"
#include "qamro/io/torch_checkpoint.h"

namespace qamro::predictors {
namespace {

namespace distillmos = encoders::distillmos;

constexpr std::int64_t kLongestHop = 16000;  // MAX_HOP_LEN of distillmos/sqa.py

class DistillMosEncoder : public WindowEncoder {
 public:
  DistillMosEncoder(distillmos::DistillMosModule& module, distillmos::EmbeddingLayout layout,
                    nn::Precision precision)
      : network_(module, precision), layout_(std::move(layout)) {
    layout_.validate(network_.config());
  }

  int sample_rate_hz() const override { return distillmos::DistillMosConfig::kSampleRateHz; }
  std::vector<audio::Window> windows(std::int64_t samples) const override {
    return audio::evenly_spread_windows(samples, distillmos::DistillMosConfig::kWindowSamples, kLongestHop);
  }
  std::int64_t dimension() const override { return layout_.dimension(network_.config()); }
  std::string layout() const override { return layout_.to_string(); }

  std::vector<float> encode(std::span<const float> samples) const override {
    const c10::InferenceMode guard;
    const auto output = network_.forward(distillmos::pad_to_window(samples));
    const auto vector =
        distillmos::embed(layout_, network_.config(), output, {static_cast<std::int64_t>(samples.size())})
            .contiguous();
    const float* data = vector.const_data_ptr<float>();
    return {data, data + vector.numel()};
  }

 private:
  distillmos::PackedDistillMos network_;
  distillmos::EmbeddingLayout layout_;
};

}  // namespace

io::StateDict load_encoder_state(const ModelDescription& description) {
  if (description.weights.extension() == ".safetensors") return io::load_safetensors(description.weights);
  return io::load_state_dict(description.weights, "model");
}

std::unique_ptr<WindowEncoder> load_distillmos_encoder(const ModelDescription& description,
                                                       const std::string& layout, Precision precision) {
  if (precision == Precision::int8)
    throw InvalidInput(
        "precision: expected fp32 or bf16, which are all that models of kind distillmos have, got int8");
  const auto state = load_encoder_state(description);
  const auto module = distillmos::module_from_state_dict(state, description.weights.string());
  return std::make_unique<DistillMosEncoder>(*module, distillmos::EmbeddingLayout::parse(layout), precision);
}

}  // namespace qamro::predictors
