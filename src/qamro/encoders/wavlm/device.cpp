#include "qamro/encoders/wavlm/device.h"

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>

#include <utility>

#include "qamro/nn/autocast.h"
#include "qamro/nn/device.h"

namespace qamro::encoders::wavlm {

DeviceWavLm::DeviceWavLm(std::shared_ptr<WavLmModule> module, nn::Precision precision, c10::Device device,
                         std::int64_t batch)
    : module_(std::move(module)), precision_(precision), device_(device), batch_(batch) {
  module_->eval();
  module_->to(device_);
  module_->compute_whole_windows(true);
}

at::Tensor DeviceWavLm::pooled_layers(std::span<const std::span<const float>> windows) const {
  const c10::InferenceMode inference;
  const c10::OptionalDeviceGuard guard(device_);
  const auto batch = nn::make_window_batch(windows, batch_, config().window_samples, device_);
  return nn::in_precision(precision_, [&](nn::Precision precision) {
    Dropout none;
    // The convolutions do not need bfloat16's range, and its rounding costs them more than the layers.
    WavLmOutput output = [&] {
      const nn::Autocast autocast(device_.type(),
                                  precision == nn::Precision::bf16 ? nn::Precision::fp16 : precision);
      return module_->front(batch.samples, batch.valid, none);
    }();
    const nn::Autocast autocast(device_.type(), precision);
    module_->add_layers(output, none);
    return pool_layers(output).to(at::kFloat);
  });
}

}  // namespace qamro::encoders::wavlm
