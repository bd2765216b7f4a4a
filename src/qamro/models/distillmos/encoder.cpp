#include "qamro/models/distillmos/encoder.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/encoders/distillmos/embedding_layout.h"
#include "qamro/encoders/distillmos/module.h"
#include "qamro/encoders/distillmos/packed.h"
#include "qamro/models/batched_encoder.h"
#include "qamro/nn/autocast.h"
#include "qamro/nn/device.h"

namespace qamro::models {
namespace {

namespace distillmos = encoders::distillmos;

constexpr std::int64_t kLongestHop = 16000;  // MAX_HOP_LEN of distillmos/sqa.py

// Everything but the network.
class DistillMosEncoder : public WindowEncoder {
 public:
  DistillMosEncoder(distillmos::EmbeddingLayout layout, const distillmos::DistillMosConfig& config)
      : layout_(std::move(layout)), config_(config) {
    layout_.validate(config);
  }

  int sample_rate_hz() const override { return distillmos::DistillMosConfig::kSampleRateHz; }
  std::vector<audio::Window> windows(std::int64_t samples) const override {
    return audio::evenly_spread_windows(samples, distillmos::DistillMosConfig::kWindowSamples, kLongestHop);
  }
  std::int64_t dimension() const override { return layout_.dimension(config_); }
  std::string layout() const override { return layout_.to_string(); }

 protected:
  // valid: number of real samples in each window. Returns [n, dimension].
  at::Tensor rows_of(const distillmos::DistillMosOutput& output,
                     const std::vector<std::int64_t>& valid) const {
    return distillmos::embed(layout_, config_, output, valid).to(at::kFloat);
  }

 private:
  distillmos::EmbeddingLayout layout_;
  distillmos::DistillMosConfig config_;
};

class PlainDistillMosEncoder : public DistillMosEncoder {
 public:
  PlainDistillMosEncoder(distillmos::DistillMosModule& module, distillmos::EmbeddingLayout layout,
                         nn::Precision precision)
      : DistillMosEncoder(std::move(layout), module.config()), network_(module, precision) {}

  std::vector<float> encode(std::span<const float> samples) const override {
    const c10::InferenceMode guard;
    const auto output = network_.forward(distillmos::pad_to_window(samples));
    return first_rows(rows_of(output, {std::ssize(samples)}), 1).front();
  }

 private:
  distillmos::PackedDistillMos network_;
};

class BatchedDistillMosEncoder : public BatchedEncoder<DistillMosEncoder> {
 public:
  BatchedDistillMosEncoder(std::shared_ptr<distillmos::DistillMosModule> module,
                           distillmos::EmbeddingLayout layout, const Compute& compute)
      : BatchedEncoder(compute, std::move(layout), module->config()), module_(std::move(module)) {
    module_->eval();
    module_->to(compute.device);
  }

 private:
  at::Tensor encode_rows(std::span<const std::span<const float>> windows) const override {
    const auto batch = nn::make_window_batch(windows, compute().batch_size,
                                             distillmos::DistillMosConfig::kWindowSamples, compute().device);
    return nn::in_precision(compute().precision, [&](Precision precision) {
      const nn::Autocast autocast(compute().device.type(), precision);
      return rows_of(module_->forward(batch.samples), batch.valid);
    });
  }

  std::shared_ptr<distillmos::DistillMosModule> module_;
};

}  // namespace

std::unique_ptr<WindowEncoder> load_distillmos_encoder(const ModelDescription& description,
                                                       const std::string& layout, const Compute& compute) {
  if (compute.precision == Precision::int8)
    throw InvalidInput("precision: expected fp32 or bf16 for models of kind distillmos, got int8");
  compute.validate();
  const auto state = description.tensors("model");
  const auto module = distillmos::module_from_state_dict(state, description.weights.string());
  auto parts = distillmos::EmbeddingLayout::parse(layout);
  if (!compute.in_batches())
    return std::make_unique<PlainDistillMosEncoder>(*module, std::move(parts), compute.precision);
  return std::make_unique<BatchedDistillMosEncoder>(module, std::move(parts), compute);
}

}  // namespace qamro::models
