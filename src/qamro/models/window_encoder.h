#pragma once

#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "qamro/audio/windows.h"
#include "qamro/models/compute.h"
#include "qamro/models/tensor_rows.h"

namespace qamro::models {

// A frozen encoder, ready to run: audio windows in, one vector per window out.
//
// Thread-safe. A window's vector depends only on that window: not on the windows before it, the other files
// of a run, or the number of threads.
class WindowEncoder {
 public:
  virtual ~WindowEncoder() = default;
  virtual int sample_rate_hz() const = 0;
  // How a clip is resampled to that rate; with `none` it keeps its own rate.
  virtual audio::ResamplingMethod resampling() const { return audio::ResamplingMethod::sinc; }
  // How a clip of `samples` samples (at sample_rate_hz) is cut into windows.
  virtual std::vector<audio::Window> windows(std::int64_t samples) const = 0;
  // Length of the vector.
  virtual std::int64_t dimension() const = 0;
  // Content of the vector, e.g. "pooled" or "mos". It is stored with embeddings and checked when heads
  // use them.
  virtual std::string layout() const = 0;
  // samples: the valid part of the window, mono, nominally [-1, 1]; the encoder does any padding. Returns
  // [dimension]. A clip's vector is the mean over its windows.
  virtual std::vector<float> encode(std::span<const float> samples) const = 0;
  // How many windows encode_batch() takes. 1 if larger batches bring nothing (on a CPU).
  virtual std::size_t batch_size() const { return 1; }
  // Calls encode() for each of 1 to batch_size() windows.
  virtual std::vector<std::vector<float>> encode_batch(
      std::span<const std::span<const float>> windows) const {
    std::vector<std::vector<float>> vectors;
    for (const auto& window : windows) vectors.push_back(encode(window));
    return vectors;
  }
  // Whether that mean weighs windows by their length instead of equally.
  virtual bool weighs_windows_by_length() const { return false; }
};

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
