#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/nn/precision.h"

namespace qamro::encoders::wavlm {

// WavLM on a GPU: batches of a fixed number of windows, each computed to its full length and masked after its
// samples, as in the reference, so that a window's numbers do not depend on its batch mates. Thread-safe.
class DeviceWavLm {
 public:
  // Takes over the module and moves it to the device, which must be open (nn/device.h). precision: not int8.
  DeviceWavLm(std::shared_ptr<WavLmModule> module, nn::Precision precision, c10::Device device,
              std::int64_t batch);

  // windows: n = 1 to batch() of them, 1 to config().window_samples samples each, 16 kHz, nominally [-1, 1].
  // Returns [batch(), layers + 1, dim] float32 on the device, as pool_layers() does; rows after the first n
  // are meaningless. Throws InvalidInput for other numbers.
  at::Tensor pooled_layers(std::span<const std::span<const float>> windows) const;

  std::int64_t batch() const { return batch_; }
  const WavLmConfig& config() const { return module_->config(); }

 private:
  std::shared_ptr<WavLmModule> module_;
  nn::Precision precision_;
  c10::Device device_;
  std::int64_t batch_;
};

}  // namespace qamro::encoders::wavlm
