#pragma once

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "qamro/models/compute.h"
#include "qamro/models/encoder.h"

namespace qamro::models {

// The first `count` rows of a tensor [n, …] on any device, each row flattened.
inline std::vector<std::vector<float>> first_rows(const at::Tensor& tensor, std::size_t count) {
  const at::Tensor rows =
      tensor.narrow(0, 0, static_cast<std::int64_t>(count)).flatten(1).to(at::kCPU, at::kFloat).contiguous();
  std::vector<std::vector<float>> vectors;
  const auto* row = rows.const_data_ptr<float>();
  for (std::size_t i = 0; i < count; ++i, row += rows.size(1)) vectors.emplace_back(row, row + rows.size(1));
  return vectors;
}

// [1, numbers]
inline at::Tensor row_of(std::span<const float> vector) {
  const auto row = at::empty({1, std::ssize(vector)}, at::kFloat);
  std::copy(vector.begin(), vector.end(), row.data_ptr<float>());
  return row;
}

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
