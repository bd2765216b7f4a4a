#pragma once

#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>

#include <utility>

#include "qamro/models/compute.h"
#include "qamro/models/tensor_rows.h"
#include "qamro/models/window_encoder.h"

namespace qamro::models {

// A WindowEncoder that computes in batches on compute().device. Base is the encoder of a model kind, without
// its network.
template <typename Base>
class BatchedEncoder : public Base {
 public:
  template <typename... Arguments>
  explicit BatchedEncoder(const Compute& compute, Arguments&&... arguments)
      : Base(std::forward<Arguments>(arguments)...), compute_(compute) {}

  std::size_t batch_size() const override { return static_cast<std::size_t>(compute_.batch_size); }
  std::vector<float> encode(std::span<const float> samples) const override {
    return encode_batch({&samples, 1}).front();
  }
  std::vector<std::vector<float>> encode_batch(
      std::span<const std::span<const float>> windows) const override {
    const c10::InferenceMode inference;
    const c10::OptionalDeviceGuard guard(compute_.device);
    return first_rows(encode_rows(windows), windows.size());
  }

 protected:
  const Compute& compute() const { return compute_; }
  // Returns [n or more, dimension], in the order of the windows.
  virtual at::Tensor encode_rows(std::span<const std::span<const float>> windows) const = 0;

 private:
  Compute compute_;
};

}  // namespace qamro::models
